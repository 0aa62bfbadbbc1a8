"""What a visitor's request says that matters: parameters, language, and the frame it is for. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from backend_server.errors import InvalidInput
from backend_server.links import LinkProfile, parse_profile

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})?")


@dataclass(frozen=True, slots=True)
class Visit:
    """A page request. `parameters` holds the last of doubled ones; `own_origin` is ours as the visitor sees it."""

    parameters: Mapping[str, str] = field(default_factory=dict)
    accept_language: str = ""
    own_origin: str = ""
    referer: str = ""
    fetch_dest: str = ""
    proof: str = ""  # the cookie a protected link was opened with
    # HEAD (somebody looks whether the page is there) or the preview of those who look after the link: no view
    is_probe: bool = False

    @property
    def language(self) -> str:
        """The first language the browser asks for, else `en`."""
        first = self.accept_language.partition(",")[0].partition(";")[0].strip()
        return first if _LANGUAGE.fullmatch(first) else "en"

    @property
    def chosen_language(self) -> str:
        """The language the address asks for (`lang`), else nothing."""
        asked = self.parameters.get("lang", "")
        return asked if _LANGUAGE.fullmatch(asked) else ""


def last_of_doubled(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Keep the last value of each parameter: a frontend appends its own to a finished address."""
    return dict(pairs)


def shown_profile(profile: LinkProfile, parameters: Mapping[str, str]) -> LinkProfile:
    """Return the link's profile with the address's parameters over it; a malformed one changes nothing.

    Theme and refresh are always the visitor's; from and to only with a picker.
    """
    names = ("theme", "refresh", "from", "to") if profile.picker else ("theme", "refresh")
    for name in names:
        value = parameters.get(name)
        if not value:
            continue
        if name == "theme" and value == "system":
            value = "auto"  # Grafana's word for it
        try:
            profile = parse_profile({name: value}, base=profile)
        except InvalidInput:
            continue
    return profile


def may_frame(ancestors: Sequence[str], visit: Visit) -> bool:
    """Whether the page may be shown where the request says it will be; the browser holds the rest by its policy."""
    if not ancestors or visit.fetch_dest not in ("iframe", "frame", "embed", "object") or not visit.referer:
        return True
    origin = origin_of(visit.referer)
    return origin == visit.own_origin or any(_matches(allowed, origin) for allowed in ancestors)


def frame_rules(ancestors: Sequence[str]) -> str:
    """Return a short name of the rules of who may frame a page: an open page with another one loads itself anew."""
    return hashlib.sha256("\n".join(ancestors).encode()).hexdigest()[:12] if ancestors else ""


def origin_of(url: str) -> str:
    """Return scheme, host and a port that is not the scheme's own, in lower case; empty for what is no web address."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    usual = 443 if parts.scheme == "https" else 80
    return f"{parts.scheme}://{host}" if port in (None, usual) else f"{parts.scheme}://{host}:{port}"


def _matches(allowed: str, origin: str) -> bool:
    if allowed == "*":
        return True
    scheme, separator, rest = allowed.partition("://")
    if separator and rest.startswith("*."):
        host = origin.partition("://")[2]
        return origin.startswith(f"{scheme}://") and host.endswith(rest[1:])
    return bool(origin) and origin_of(allowed) == origin
