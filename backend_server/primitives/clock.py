"""Time as every room sees it: aware UTC datetimes, RFC 3339 with milliseconds at the edges, one deadline a request."""

from __future__ import annotations

import time
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import overload

from backend_server.errors import InvalidInput, Problem

# When what runs in this context has waited long enough, by `time.monotonic`; without one, whoever waits decides.
_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
_LEAST_SECONDS = 0.5  # what one wait has at least: work that took long before it may still finish


def begin_deadline(seconds: float) -> None:
    """Limit what all that is done from now on in this context (a request) may wait together."""
    _deadline.set(time.monotonic() + seconds)


def seconds_left(most: float) -> float:
    """Return how long a wait may last, in seconds: what is left of the deadline, `most` without one."""
    deadline = _deadline.get()
    return most if deadline is None else min(most, max(_LEAST_SECONDS, deadline - time.monotonic()))


def format_time(time: datetime) -> str:
    """Format a time as RFC 3339 in UTC with milliseconds."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@overload
def format_ms(time_ms: int) -> str: ...
@overload
def format_ms(time_ms: int | None) -> str | None: ...
def format_ms(time_ms: int | None) -> str | None:
    """Format epoch milliseconds as RFC 3339 in UTC with milliseconds; None stays None."""
    return None if time_ms is None else format_time(datetime.fromtimestamp(time_ms / 1000, UTC))


def format_day(time_ms: int) -> str:
    """Format the UTC day of a time as `YYYY-MM-DD`."""
    return f"{datetime.fromtimestamp(time_ms / 1000, UTC):%Y-%m-%d}"


def parse_time(text: str, *, path: str = "") -> datetime:
    """Read RFC 3339 with an offset; raises InvalidInput without one: a local time is a different one elsewhere."""
    time: datetime | None
    try:
        time = datetime.fromisoformat(text)
        time = None if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):  # the first and last day of all years have no time in UTC
        time = None
    if time is None:
        raise InvalidInput([Problem(path, f"{text[:40]!r} is not an RFC 3339 time; write e.g. 2026-01-31T12:00:00Z")])
    return time


def epoch_ms() -> int:
    """Return the present time in epoch milliseconds."""
    return time.time_ns() // 1_000_000
