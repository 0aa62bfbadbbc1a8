"""Durations as people write them: `500ms`, `10s`, `1m30s`, `7d` (Prometheus' units)."""

from __future__ import annotations

import re

from backend_server.errors import InvalidInput, Problem

_UNITS_MS = {"y": 31_536_000_000, "w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
DURATION = re.compile(
    r"(?=.)([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?"  # not \d: other scripts' digits
)
"""A whole duration, each of its parts a group; JSON Schema reads the pattern as well."""


def parse_duration_ms(text: str, *, path: str = "") -> int:
    """Read a duration into milliseconds; raises InvalidInput when it is not one."""
    found = DURATION.fullmatch(text.strip())
    if found is None:
        raise InvalidInput([Problem(path, f"{text[:40]!r} is not a duration; write e.g. 500ms, 10s, 1m30s or 7d")])
    parts = zip(found.groups(), _UNITS_MS.items(), strict=True)
    return sum(int(part.removesuffix(unit)) * size for part, (unit, size) in parts if part)


def parse_duration(text: str, *, path: str = "") -> float:
    """Read a duration into seconds; raises InvalidInput when it is not one."""
    return parse_duration_ms(text, path=path) / 1000


def format_duration_ms(milliseconds: int) -> str:
    """Write milliseconds in the fewest units; `parse_duration_ms` reads it back to the same number."""
    if milliseconds == 0:
        return "0s"
    parts = []
    for unit, size in _UNITS_MS.items():
        count, milliseconds = divmod(milliseconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)
