"""Time as every room sees it: aware UTC datetimes, RFC 3339 with milliseconds at the edges."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import overload

from backend_server.errors import InvalidInput, Problem


def format_time(moment: datetime) -> str:
    """Write a moment as RFC 3339 in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@overload
def format_ms(moment_ms: int) -> str: ...
@overload
def format_ms(moment_ms: int | None) -> str | None: ...
def format_ms(moment_ms: int | None) -> str | None:
    """Write epoch milliseconds as RFC 3339 in UTC with milliseconds; None stays None."""
    return None if moment_ms is None else format_time(datetime.fromtimestamp(moment_ms / 1000, UTC))


def format_day(moment_ms: int) -> str:
    """Name the UTC day of a moment, `YYYY-MM-DD`."""
    return f"{datetime.fromtimestamp(moment_ms / 1000, UTC):%Y-%m-%d}"


def parse_time(text: str, *, path: str = "") -> datetime:
    """Read RFC 3339 with an offset; raises InvalidInput without one: a local time is another moment elsewhere."""
    moment: datetime | None
    try:
        moment = datetime.fromisoformat(text)
        moment = None if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the first and last day of all years have no moment in UTC
        moment = None
    if moment is None:
        raise InvalidInput([Problem(path, f"{text[:40]!r} is not an RFC 3339 time; write e.g. 2026-01-31T12:00:00Z")])
    return moment


def epoch_ms() -> int:
    """Return the present moment as epoch milliseconds."""
    return time.time_ns() // 1_000_000
