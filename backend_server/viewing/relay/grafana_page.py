"""Grafana's public page, cut to what a visitor's browser needs. Pure.

The boot data stand in the page as JSON values after `user:`, `settings:` and `navTree:`. They are parsed, never edited
as text, since the page's own name every datasource of the organisation, with addresses. What cannot be read is refused,
never passed on. Which keys the page needs was tried on Grafana 12.4.0.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from backend_server.errors import UpstreamError
from backend_server.links.urls import PREFIX
from backend_server.primitives.html_json import script_json

from .boot_data import cut_settings, cut_user
from .page_edits import PageEdits, RealToken

_VALUE = re.compile(r"(?<![\w.$\"'])(user|settings|navTree)[\"']?\s*:\s*(?=[{\[n])")
_BASE_ELEMENT = re.compile(r"<base\s[^>]*>")
_HEAD = re.compile(r"<head(?:\s[^>]*)?>")
_BASE = '<base href="../" />'  # from a link's page to the prefix
_DECODER = json.JSONDecoder()


class UnreadablePage(UpstreamError):
    """The page does not look as Grafana's does; it must not be passed on."""

    code = "unreadable_page"


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    value: Any


@dataclass(frozen=True, slots=True)
class GrafanaPage:
    """A page in pieces: the text around the boot data, and the data parsed."""

    html: str
    user: _Span
    settings: _Span
    nav_tree: _Span | None
    real: RealToken

    @classmethod
    def parse(cls, body: bytes, real: RealToken) -> GrafanaPage:
        """Parse the page that was fetched under a token; raises UnreadablePage."""
        try:
            html = body.decode("utf-8")
        except UnicodeDecodeError as fault:
            raise UnreadablePage("Grafana's page is not UTF-8.") from fault
        # The page must load its files through us, wherever Grafana itself is served and we are proxied.
        html, count = _BASE_ELEMENT.subn(_BASE, html, count=1)
        if not count:
            head = _HEAD.search(html)
            start = head.end() if head else 0
            html = html[:start] + _BASE + html[start:]
        found: dict[str, _Span] = {}
        position = 0
        while match := _VALUE.search(html, position):
            try:
                value, end = _DECODER.raw_decode(html, match.end())
            except (json.JSONDecodeError, RecursionError):
                position = match.end()
                continue
            name = match.group(1)
            if name in found:
                raise UnreadablePage(f"Grafana's page holds `{name}` twice.")
            found[name] = _Span(match.end(), end, value)
            position = end
        settings, user = found.get("settings"), found.get("user")
        if settings is None or not isinstance(settings.value, dict) or "datasources" not in settings.value:
            raise UnreadablePage("Grafana's page holds no settings.")
        if user is None or not isinstance(user.value, dict):
            raise UnreadablePage("Grafana's page holds no user.")
        return cls(html, user, settings, found.get("navTree"), real)

    @property
    def datasources(self) -> Mapping[str, Any]:
        """All datasources the page names, by name; not for visitors."""
        found = self.settings.value["datasources"]
        return found if isinstance(found, Mapping) else {}

    def for_visitor(self, dashboard: Mapping[str, Any], edits: PageEdits, internal: Collection[bytes] = ()) -> bytes:
        """Write the page for one link: its own token, the datasources of this dashboard, and ours in the head.

        `internal` are the marks of addresses that settings may not name.
        """
        replaced: list[tuple[_Span, object]] = [
            (self.user, cut_user(self.user.value, edits.locale, edits.language)),
            (self.settings, cut_settings(self.settings.value, edits.token, dashboard, PREFIX, internal)),
        ]
        if self.nav_tree is not None:
            replaced.append((self.nav_tree, []))
        parts: list[str] = []
        position = 0
        for span, value in sorted(replaced, key=lambda pair: pair[0].start):
            parts += [self.html[position : span.start], script_json(orjson.dumps(value))]
            position = span.end
        parts.append(self.html[position:])
        html = "".join(parts)
        # Ours comes first: of deferred scripts the browser runs the one that stands first first.
        end = html.find("</head>")
        html = html[:end] + edits.head + html[end:] if end >= 0 else edits.head + html
        return self.real.swapped(html.encode(), edits.token)
