"""Reading the times a dashboard or a visitor names: `now-15m`, `now-1d/d`, epoch milliseconds, RFC 3339. Pure; UTC."""

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
        """How long the range is."""
        return self.to_ms - self.from_ms


def read_range(start: object, end: object, now_ms: int) -> TimeRange:
    """Read a range as Grafana does; raises InvalidInput when it is none, or when it ends before it begins."""
    from_ms = read_time(start, now_ms, end=False, path="from")
    to_ms = read_time(end, now_ms, end=True, path="to")
    if from_ms >= to_ms:
        raise InvalidInput([Problem("from", "must lie before `to`")], what="The time range")
    return TimeRange(from_ms, to_ms)


def read_time(text: object, now_ms: int, *, end: bool, path: str = "") -> int:
    """Read one moment; `now/d` is the start of the day for a range's beginning and its last millisecond for the end."""
    if isinstance(text, int) and not isinstance(text, bool) and 0 <= text <= LATEST_MS:
        return text
    if isinstance(text, str):
        if _EPOCH.fullmatch(text):
            return min(int(text), LATEST_MS)
        if math := _MATH.fullmatch(text):
            try:
                return _moment(math.group(1), math.group(2), now_ms, end)
            except (OverflowError, ValueError):
                pass  # a shift beyond the years 1 to 9999 is no time either
        else:
            try:
                moment = datetime.fromisoformat(text)
            except ValueError:
                moment = None
            if moment is not None and moment.tzinfo is not None:
                return max(0, _to_ms(moment))
    shown = str(text)[:40]
    problem = Problem(path, f"{shown!r} is not a time; write now-15m, now-1d/d, epoch milliseconds or RFC 3339")
    raise InvalidInput([problem], what="The time range")


def _moment(shifts: str, unit: str | None, now_ms: int, end: bool) -> int:
    moment = datetime.fromtimestamp(now_ms / 1000, UTC)
    exact = timedelta(milliseconds=now_ms) - timedelta(milliseconds=_to_ms(moment))
    moment += exact
    for sign, count, shift_unit in _SHIFT.findall(shifts):
        amount = int(count) if sign == "+" else -int(count)
        moment = _shift(moment, amount, shift_unit)
    if unit:
        moment = _floor(moment, unit)
        if end:
            moment = _shift(moment, 1, unit) - timedelta(milliseconds=1)
    return max(0, _to_ms(moment))


def _shift(moment: datetime, amount: int, unit: str) -> datetime:
    if unit in _SECONDS:
        return moment + timedelta(seconds=amount * _SECONDS[unit])
    months = moment.year * 12 + moment.month - 1 + (amount * 12 if unit == "y" else amount)
    year, month = divmod(months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


def _floor(moment: datetime, unit: str) -> datetime:
    moment = moment.replace(microsecond=0)
    if unit == "s":
        return moment
    moment = moment.replace(second=0)
    if unit == "m":
        return moment
    moment = moment.replace(minute=0)
    if unit == "h":
        return moment
    moment = moment.replace(hour=0)
    if unit == "w":
        return moment - timedelta(days=moment.weekday())
    if unit == "M":
        return moment.replace(day=1)
    return moment.replace(day=1, month=1) if unit == "y" else moment


def _to_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
