"""A link's profile: how its page looks and moves, and what a visitor may change of that."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from backend_server.errors import InvalidInput, Problem
from backend_server.primitives.durations import parse_duration_ms

# Grafana's own words for a relative time: now, now-6h, now-1d/d, now/w, now-1M/fQ is not among them.
_RELATIVE = re.compile(r"now(?:[+-]\d{1,6}[smhdwMy])*(?:/[smhdwMy])?")
_EPOCH_MS = re.compile(r"\d{1,15}")
_DAY_MS = 86_400_000

# What a dashboard gets that says nothing itself.
USUAL_REFRESH = "5s"
USUAL_FROM = "now-1h"
USUAL_TO = "now"


class Theme(StrEnum):
    """Colours of the page; `auto` follows the visitor's system."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class LinkProfile:
    """How a link's page is shown.

    `refresh` is a duration from 1s to 1d or "off"; `time_from` and `time_to` are Grafana's relative times or epoch
    milliseconds as text; each of them is empty where the dashboard's own counts (`for_dashboard`). `picker` lets a
    visitor choose the time, `chrome` shows the title bar, `transparent` drops the page's background.
    """

    theme: Theme = Theme.AUTO
    refresh: str = ""
    time_from: str = ""
    time_to: str = ""
    picker: bool = False
    chrome: bool = False
    transparent: bool = False

    def as_json(self) -> dict[str, object]:
        """Return the profile as it stands in answers and in the database; empty texts are the dashboard's own."""
        return {
            "theme": self.theme.value,
            "refresh": self.refresh,
            "from": self.time_from,
            "to": self.time_to,
            "picker": self.picker,
            "chrome": self.chrome,
            "transparent": self.transparent,
        }

    def for_dashboard(self, dashboard: Mapping[str, object]) -> LinkProfile:
        """Fill in what the dashboard decides itself: its refresh and its range; what it does not say is ours."""
        time = dashboard.get("time")
        own = time if isinstance(time, Mapping) else {}
        if self.time_from or self.time_to or not (_is_moment(own.get("from")) and _is_moment(own.get("to"))):
            own = {}
        return replace(
            self,
            refresh=self.refresh or own_refresh(dashboard),
            time_from=self.time_from or str(own.get("from") or USUAL_FROM),
            time_to=self.time_to or str(own.get("to") or USUAL_TO),
        )


def own_refresh(dashboard: Mapping[str, object]) -> str:
    """Return how often a dashboard is refreshed: a duration or "off"; one that does not say gets the usual."""
    found = dashboard.get("refresh")
    if found in ("", False):
        return "off"
    return str(found) if found is not None and _refresh(found) is None else USUAL_REFRESH


# What `share` may name besides true and false.
NAMED_PROFILES: Mapping[str, LinkProfile] = MappingProxyType(
    {
        "light": LinkProfile(theme=Theme.LIGHT),
        "dark": LinkProfile(theme=Theme.DARK),
        "wall": LinkProfile(theme=Theme.DARK, chrome=True),
        "explore": LinkProfile(picker=True, chrome=True),
        "report": LinkProfile(
            theme=Theme.LIGHT, refresh="off", time_from="now-24h", time_to="now", picker=True, chrome=True
        ),
    }
)


def profile_of_share(share: str) -> LinkProfile | None:
    """Return the profile that a device's `share` asks for; None = not shared. An unknown name counts as `true`."""
    if share == "false":
        return None
    return NAMED_PROFILES.get(share, LinkProfile())


def parse_profile(raw: object, *, base: LinkProfile | None = None, path: str = "profile") -> LinkProfile:
    """Read a profile or a profile's name; absent fields come from `base`. Raises InvalidInput naming every field."""
    base = base or LinkProfile()
    if raw is None:
        return base
    if isinstance(raw, str):
        if raw in NAMED_PROFILES:
            return NAMED_PROFILES[raw]
        raise InvalidInput([Problem(path, f"{raw[:40]!r} is no profile; there are: {', '.join(NAMED_PROFILES)}")])
    if not isinstance(raw, Mapping):
        raise InvalidInput([Problem(path, f"must be an object or one of: {', '.join(NAMED_PROFILES)}")])
    problems: list[Problem] = []
    changes: dict[str, object] = {}
    for name, value in raw.items():
        field, wrong = _FIELDS.get(name, (name, _unknown))
        fault = wrong(value)
        if fault:
            problems.append(Problem(f"{path}.{str(name)[:40]}", fault))
        else:
            changes[field] = Theme(value) if field == "theme" else "" if value is None else value
    if problems:
        raise InvalidInput(problems)
    return replace(base, **changes)  # type: ignore[arg-type]  # each value was checked by its field's rule just above


def _theme(value: object) -> str | None:
    return None if value in tuple(Theme) else "must be auto, light or dark"


def _or_own(wrong: Callable[[object], str | None]) -> Callable[[object], str | None]:
    """Take an empty value as well: the dashboard's own."""
    return lambda value: None if value in (None, "") else wrong(value)


def _refresh(value: object) -> str | None:
    if value == "off":
        return None
    try:
        fits = isinstance(value, str) and len(value) <= 16 and 1000 <= parse_duration_ms(value) <= _DAY_MS
    except InvalidInput:
        fits = False
    return None if fits else "must be a duration from 1s to 1d, or off"


def _moment(value: object) -> str | None:
    if isinstance(value, str) and len(value) <= 40 and (_RELATIVE.fullmatch(value) or _EPOCH_MS.fullmatch(value)):
        return None
    return "must be a time such as now-6h, now-1d/d or now, or epoch milliseconds as text"


def _is_moment(value: object) -> bool:
    """Whether this is a time as dashboards hold one: as in a profile, or a moment with its zone (ISO 8601)."""
    if _moment(value) is None:
        return True
    try:
        return isinstance(value, str) and len(value) <= 40 and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _flag(value: object) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _unknown(_: object) -> str | None:
    return f"is no field of a profile; there are: {', '.join(_FIELDS)}"


_FIELDS = {
    "theme": ("theme", _theme),
    "refresh": ("refresh", _or_own(_refresh)),
    "from": ("time_from", _or_own(_moment)),
    "to": ("time_to", _or_own(_moment)),
    "picker": ("picker", _flag),
    "chrome": ("chrome", _flag),
    "transparent": ("transparent", _flag),
}
