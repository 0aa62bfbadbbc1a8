"""A link's profile: how its page looks and moves, and what a visitor may change of that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from backend_server.documents.refresh import OwnTimes, is_refresh, is_time
from backend_server.errors import InvalidInput, Problem


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

    def for_dashboard(self, own: OwnTimes) -> LinkProfile:
        """Fill in what the dashboard decides itself: its refresh, and its range unless the link names a part of one."""
        times = OwnTimes() if self.time_from or self.time_to else own
        return replace(
            self,
            refresh=self.refresh or own.refresh,
            time_from=self.time_from or times.time_from,
            time_to=self.time_to or times.time_to,
        )


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


def check_profile(raw: object) -> object:
    """Return a profile as it was sent, if it can be read: what it leaves out comes from the link it is laid over."""
    parse_profile(raw)
    return raw


def _theme(value: object) -> str | None:
    return None if value in tuple(Theme) else "must be auto, light or dark"


def _or_own(wrong: Callable[[object], str | None]) -> Callable[[object], str | None]:
    """Take an empty value as well: the dashboard's own."""
    return lambda value: None if value in (None, "") else wrong(value)


def _refresh(value: object) -> str | None:
    return None if is_refresh(value) else "must be a duration from 1s to 1d, or off"


def _time(value: object) -> str | None:
    if is_time(value):
        return None
    return "must be a time such as now-6h, now-1d/d or now, or epoch milliseconds as text"


def _flag(value: object) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _unknown(_: object) -> str | None:
    return f"is no field of a profile; there are: {', '.join(_FIELDS)}"


_FIELDS = {
    "theme": ("theme", _theme),
    "refresh": ("refresh", _or_own(_refresh)),
    "from": ("time_from", _or_own(_time)),
    "to": ("time_to", _or_own(_time)),
    "picker": ("picker", _flag),
    "chrome": ("chrome", _flag),
    "transparent": ("transparent", _flag),
}
