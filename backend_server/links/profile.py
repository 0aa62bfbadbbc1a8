"""Reading a link's profile: each field's rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from backend_server.documents.refresh import is_refresh, is_time
from backend_server.errors import InvalidInput, Problem

from .link import NAMED_PROFILES, LinkProfile, Theme


def parse_profile(raw: object, *, base: LinkProfile | None = None, path: str = "profile") -> LinkProfile:
    """Read a profile or a profile's name; absent fields come from `base`. Raises InvalidInput naming every field."""
    base = base or LinkProfile()
    if raw is None:
        return base
    if isinstance(raw, str):
        if raw in NAMED_PROFILES:
            return NAMED_PROFILES[raw]
        raise InvalidInput([Problem(path, f"{raw[:40]!r} is not a profile; there are: {', '.join(NAMED_PROFILES)}")])
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
            changes[field] = "" if value is None else value
            if field == "theme":
                changes[field] = Theme(value)
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
    """Accept an empty value as well, which stands for the dashboard's own."""
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
    return f"is not a field of a profile; there are: {', '.join(_FIELDS)}"


_FIELDS = {
    "theme": ("theme", _theme),
    "refresh": ("refresh", _or_own(_refresh)),
    "from": ("time_from", _or_own(_time)),
    "to": ("time_to", _or_own(_time)),
    "picker": ("picker", _flag),
    "chrome": ("chrome", _flag),
    "transparent": ("transparent", _flag),
}
