"""Reading the times of a dashboard or a visitor: `now-15m`, `now-1d/d`, epoch milliseconds, RFC 3339. Pure; UTC."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from backend_server.errors import InvalidInput, Problem

_MATH = re.compile(r"now((?:[+-]\d{1,6}[smhdwMy])*)(?:/([smhdwMy]))?")
_SHIFT = re.compile(r"([+-])(\d+)([smhdwMy])")
_EPOCH = re.compile(r"\d{1,15}")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
LATEST_MS = 253_402_300_799_000  # the end of the year 9999, where datetime ends


@dataclass(frozen=True, slots=True)
class TimeRange:
    """From and to in epoch milliseconds, from before to."""

    from_ms: int
    to_ms: int

    @property
    def length_ms(self) -> int:
        """The length of the range."""
        return self.to_ms - self.from_ms


def read_range(start: object, end: object, now_ms: int) -> TimeRange:
    """Read a range as Grafana does; raises InvalidInput when it is none, or when it ends before it begins."""
    from_ms = read_time(start, now_ms, end=False, path="from")
    to_ms = read_time(end, now_ms, end=True, path="to")
    if from_ms >= to_ms:
        raise InvalidInput([Problem("from", "must lie before `to`")], what="The time range")
    return TimeRange(from_ms, to_ms)


def read_time(text: object, now_ms: int, *, end: bool, path: str = "") -> int:
    """Read one point in time; `now/d` is the day's start for a range's beginning, its last millisecond for the end."""
    if isinstance(text, int) and not isinstance(text, bool) and 0 <= text <= LATEST_MS:
        return text
    if isinstance(text, str):
        if _EPOCH.fullmatch(text):
            return min(int(text), LATEST_MS)
        if math := _MATH.fullmatch(text):
            try:
                return _relative(math.group(1), math.group(2), now_ms, end)
            except (OverflowError, ValueError):
                pass  # a shift beyond the years 1 to 9999 is no time either
        else:
            try:
                timestamp = datetime.fromisoformat(text)
            except ValueError:
                timestamp = None
            if timestamp is not None and timestamp.tzinfo is not None:
                return max(0, _to_ms(timestamp))
    shown = str(text)[:40]
    problem = Problem(path, f"{shown!r} is not a time; write now-15m, now-1d/d, epoch milliseconds or RFC 3339")
    raise InvalidInput([problem], what="The time range")


def _relative(shifts: str, unit: str | None, now_ms: int, end: bool) -> int:
    timestamp = datetime.fromtimestamp(now_ms / 1000, UTC)
    exact = timedelta(milliseconds=now_ms) - timedelta(milliseconds=_to_ms(timestamp))
    timestamp += exact
    for sign, count, shift_unit in _SHIFT.findall(shifts):
        amount = int(count) if sign == "+" else -int(count)
        timestamp = _shift(timestamp, amount, shift_unit)
    if unit:
        timestamp = _floor(timestamp, unit)
        if end:
            timestamp = _shift(timestamp, 1, unit) - timedelta(milliseconds=1)
    return max(0, _to_ms(timestamp))


def _shift(timestamp: datetime, amount: int, unit: str) -> datetime:
    if unit in _SECONDS:
        return timestamp + timedelta(seconds=amount * _SECONDS[unit])
    months = timestamp.year * 12 + timestamp.month - 1 + (amount * 12 if unit == "y" else amount)
    year, month = divmod(months, 12)
    return timestamp.replace(year=year, month=month + 1, day=min(timestamp.day, monthrange(year, month + 1)[1]))


def _floor(timestamp: datetime, unit: str) -> datetime:
    timestamp = timestamp.replace(microsecond=0)
    if unit == "s":
        return timestamp
    timestamp = timestamp.replace(second=0)
    if unit == "m":
        return timestamp
    timestamp = timestamp.replace(minute=0)
    if unit == "h":
        return timestamp
    timestamp = timestamp.replace(hour=0)
    if unit == "w":
        return timestamp - timedelta(days=timestamp.weekday())
    if unit == "M":
        return timestamp.replace(day=1)
    return timestamp.replace(day=1, month=1) if unit == "y" else timestamp


def _to_ms(timestamp: datetime) -> int:
    return round(timestamp.timestamp() * 1000)
