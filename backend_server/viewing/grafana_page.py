"""Grafana's public page, cut to what a visitor's browser needs. Pure.

The boot data stand in the page as JSON values after `user:`, `settings:` and `navTree:`. They are parsed, never edited
as text, since the page's own name every datasource of the organisation, with addresses. What cannot be read is refused,
never passed on. Which keys the page needs was tried on Grafana 12.4.0.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from backend_server.documents import all_panels, datasources_used, targets_of

_KEPT_SETTINGS = (
    "panels",
    "featureToggles",
    "dateFormats",
    "buildInfo",
    "appSubUrl",
    "licenseInfo",
    "minRefreshInterval",
    "publicDashboardsEnabled",
)
_KEPT_USER = (
    "isSignedIn",
    "id",
    "uid",
    "login",
    "email",
    "name",
    "theme",
    "lightTheme",
    "orgCount",
    "orgId",
    "orgName",
    "orgRole",
    "isGrafanaAdmin",
    "gravatarUrl",
    "timezone",
    "weekStart",
    "locale",
    "regionalFormat",
    "language",
    "helpFlags1",
    "hasEditPermissionInFolders",
    "authenticatedBy",
    "permissions",
)
_KEPT_OF_DATASOURCE = ("uid", "type", "name", "isDefault", "module", "preload", "readOnly")
_KEPT_OF_META = ("id", "type", "name", "module", "baseUrl")
_VALUE = re.compile(r"(?<![\w.$\"'])(user|settings|navTree)[\"']?\s*:\s*(?=[{\[n])")
_DECODER = json.JSONDecoder()


class UnreadablePage(Exception):
    """The page does not look as Grafana's does; it must not be passed on."""


@dataclass(frozen=True, slots=True)
class _Place:
    start: int
    end: int
    value: Any


@dataclass(frozen=True, slots=True)
class GrafanaPage:
    """A page in pieces: the text around the boot data, and the data parsed."""

    html: str
    user: _Place
    settings: _Place
    nav_tree: _Place | None

    @classmethod
    def parse(cls, body: bytes) -> GrafanaPage:
        """Take Grafana's page apart; raises UnreadablePage."""
        try:
            html = body.decode("utf-8")
        except UnicodeDecodeError as fault:
            raise UnreadablePage("the page is not UTF-8") from fault
        found: dict[str, _Place] = {}
        position = 0
        while match := _VALUE.search(html, position):
            try:
                value, end = _DECODER.raw_decode(html, match.end())
            except (json.JSONDecodeError, RecursionError):
                position = match.end()
                continue
            name = match.group(1)
            if name in found:
                raise UnreadablePage(f"the page holds `{name}` twice")
            found[name] = _Place(match.end(), end, value)
            position = end
        settings, user = found.get("settings"), found.get("user")
        if settings is None or not isinstance(settings.value, dict) or "datasources" not in settings.value:
            raise UnreadablePage("the page holds no settings")
        if user is None or not isinstance(user.value, dict):
            raise UnreadablePage("the page holds no user")
        return cls(html, user, settings, found.get("navTree"))

    def outside_settings(self) -> bytes:
        """Give the page's text without the settings: the fetched link's token must not stand there."""
        return (self.html[: self.settings.start] + self.html[self.settings.end :]).encode()

    def for_visitor(self, token: str, dashboard: Mapping[str, Any], script: str) -> bytes:
        """Write the page for one link: its own token, the datasources of this dashboard, and our script at the end."""
        replaced: list[tuple[_Place, object]] = [
            (self.user, _cut_user(self.user.value)),
            (self.settings, cut_settings(self.settings.value, token, dashboard)),
        ]
        if self.nav_tree is not None:
            replaced.append((self.nav_tree, []))
        parts: list[str] = []
        position = 0
        for place, value in sorted(replaced, key=lambda pair: pair[0].start):
            parts += [self.html[position : place.start], _in_script(value)]
            position = place.end
        rest = self.html[position:]
        end = rest.rfind("</body>")
        parts += [rest[:end], script, rest[end:]] if end >= 0 else [rest, script]
        return "".join(parts).encode()


def cut_settings(settings: Mapping[str, Any], token: str, dashboard: Mapping[str, Any]) -> dict[str, Any]:
    """Cut the settings to what the page needs for this dashboard."""
    kept = {key: settings[key] for key in _KEPT_SETTINGS if key in settings}
    types = {str(panel.get("type")) for panel in all_panels(dashboard)}
    if isinstance(kept.get("panels"), Mapping):
        kept["panels"] = {name: value for name, value in kept["panels"].items() if name in types}
    kept["datasources"] = _cut_datasources(settings.get("datasources"), dashboard)
    default = settings.get("defaultDatasource")
    kept["defaultDatasource"] = default if default in kept["datasources"] else next(iter(kept["datasources"]), "")
    kept["publicDashboardAccessToken"] = token
    return kept


def names_any(body: bytes, secrets: Iterable[bytes]) -> bool:
    """Say whether a text names one of the things that must never leave the machine."""
    return any(secret in body for secret in secrets)


def _cut_datasources(found: object, dashboard: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(found, Mapping):
        return {}
    used = {use.uid for use in datasources_used(dashboard)} | _pseudo(dashboard)
    kept = {}
    for name, entry in found.items():
        if not isinstance(entry, Mapping) or not ({name, entry.get("uid")} & used):
            continue
        cut = {key: entry[key] for key in _KEPT_OF_DATASOURCE if key in entry}
        json_data = entry.get("jsonData")
        interval = json_data.get("timeInterval") if isinstance(json_data, Mapping) else None
        # Without `timeInterval` the page asks at another step.
        cut["jsonData"] = {"timeInterval": interval} if isinstance(interval, str) else {}
        cut["meta"] = _cut_meta(entry.get("meta"))
        kept[str(name)] = cut
    return kept


def _pseudo(dashboard: Mapping[str, Any]) -> set[str]:
    """Give the built-in datasources (`-- Mixed --` and the like) that the panels name."""
    found = set()
    for panel in all_panels(dashboard):
        for holder in (panel, *targets_of(panel)):
            reference = holder.get("datasource")
            uid = reference.get("uid") if isinstance(reference, Mapping) else reference
            if isinstance(uid, str) and uid.startswith("-- "):
                found.add(uid)
    return found


def _cut_meta(meta: object) -> dict[str, Any] | None:
    if not isinstance(meta, Mapping):
        return None
    cut = {key: meta[key] for key in _KEPT_OF_META if key in meta}
    info = meta.get("info")
    logos = info.get("logos") if isinstance(info, Mapping) else None
    cut["info"] = {"logos": logos if isinstance(logos, Mapping) else {"small": "", "large": ""}}
    return cut


def _cut_user(user: Mapping[str, Any]) -> dict[str, Any]:
    return {**{key: user[key] for key in _KEPT_USER if key in user}, "analytics": {"identifier": ""}}


def _in_script(value: object) -> str:
    text = orjson.dumps(value).decode()
    for letter, escaped in (
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        text = text.replace(letter, escaped)
    return text


def spellings(values: Collection[str]) -> tuple[bytes, ...]:
    """Give the spellings under which a text can stand in HTML or JSON: as it is, and with escaped slashes."""
    found: dict[bytes, None] = {}
    for value in values:
        if value:
            found[value.encode()] = None
            found[value.replace("/", "\\/").encode()] = None
    return tuple(found)
