"""The step of a query: from the pixel width, on a short list of round values, so that viewers meet on the same queries.

Widths fall into few classes and ranges are aligned to the step, hence viewers with different screens and clocks ask the
same thing. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from backend_server.errors import InvalidInput
from backend_server.primitives.durations import parse_duration_ms

from .time_ranges import TimeRange

_S, _M, _H, _D = 1000, 60_000, 3_600_000, 86_400_000
NICE_STEPS_MS = (
    *(1 * _S, 2 * _S, 5 * _S, 10 * _S, 15 * _S, 20 * _S, 30 * _S),
    *(1 * _M, 2 * _M, 5 * _M, 10 * _M, 15 * _M, 20 * _M, 30 * _M),
    *(1 * _H, 2 * _H, 3 * _H, 6 * _H, 12 * _H),
    *(1 * _D, 2 * _D, 7 * _D, 14 * _D, 30 * _D, 90 * _D, 365 * _D),
)
# The narrowest is wide enough that a small panel is as fresh as the chart beside it and shows the same last value.
WIDTH_CLASSES = (720, 1440, 2880)
# An instant answer older than this would look frozen beside one that moves.
INSTANT_GRID_MS = 5 * _S
# Clocks of visitors that are this far off are taken to mean now.
CLOCK_TOLERANCE_MS = 60 * _S
_AT_LEAST = re.compile(r"\s*>=?\s*")


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds a step: the finest one, the most points of a series, and how often the datasource is scraped."""

    max_points: int = 11_000
    min_interval_ms: int = 1 * _S
    scrape_interval_ms: int = 15 * _S


# How far beyond now a range may end whose last scrape is known already.
_MOST_AHEAD_MS = 5 * _S


@dataclass(frozen=True, slots=True)
class Scrapes:
    """When Prometheus takes the readings: every `interval_ms`, `moment_ms` being one of the moments.

    What is taken can be asked for `settle_ms` later.
    """

    interval_ms: int
    moment_ms: int
    settle_ms: int = 0

    def known_until_ms(self, now_ms: int) -> int:
        """Return the moment up to which no scrape to come changes anything: that before the next one.

        A range that ends there holds the newest reading there is, and one step's answer is fetched once, complete: with
        an end at now it would hold it a whole step later when the scrape falls just after the step.
        """
        since = (now_ms - self.settle_ms - self.moment_ms) // self.interval_ms
        next_ms = self.moment_ms + (since + 1) * self.interval_ms
        return min(next_ms - 1, now_ms + _MOST_AHEAD_MS)

    def news(self) -> tuple[int, int] | None:
        """Return how often a chart has something new and one such moment, in ms; None where no such rhythm is seen."""
        every_ms = max(self.interval_ms, INSTANT_GRID_MS)
        if every_ms % min(self.interval_ms, INSTANT_GRID_MS):
            return None
        # The end of a step is known from the first scrape on that no other precedes it.
        ahead_ms = every_ms - self.interval_ms
        scrapes = -(-(ahead_ms + 1 - self.moment_ms) // self.interval_ms)
        return every_ms, (self.moment_ms + scrapes * self.interval_ms + self.settle_ms) % every_ms


@dataclass(slots=True)
class LearnedScrapes:
    """What is known of the scrapes now; None before they were looked at, and where nobody scrapes."""

    known: Scrapes | None = None

    def known_until_ms(self, now_ms: int) -> int:
        """Return the moment up to which answers are complete; now when nothing is known."""
        return now_ms if self.known is None else self.known.known_until_ms(now_ms)


def width_class(width: int) -> int:
    """Return the class a pixel width falls into: the narrowest that is not narrower."""
    return next((known for known in WIDTH_CLASSES if width <= known), WIDTH_CLASSES[-1])


def nice_step_ms(least_ms: float) -> int:
    """Round up to the next round step; beyond the list, to whole years."""
    for step in NICE_STEPS_MS:
        if step >= least_ms:
            return step
    year = NICE_STEPS_MS[-1]
    return -(-int(least_ms) // year) * year


def step_ms(length_ms: int, points: int, floor_ms: int, limits: Limits) -> int:
    """Choose the step: never finer than `floor_ms` (kept exactly when it decides) nor than the points allow."""
    wanted = nice_step_ms(length_ms / max(1, min(points, limits.max_points)))
    step = max(wanted, floor_ms, limits.min_interval_ms)
    # A range aligned to the step may hold one point more than its length says.
    return step if length_ms // step + 1 <= limits.max_points else nice_step_ms(length_ms / (limits.max_points - 1))


def read_interval_ms(text: object) -> int | None:
    """Read the `interval` of a panel or target (`10s`, `>10s`, `>=1m`); None when there is none or it is a variable."""
    if not isinstance(text, str):
        return None
    try:
        found = parse_duration_ms(_AT_LEAST.sub("", text))
    except InvalidInput:
        return None
    return found if found > 0 else None


def settle_clock(asked: TimeRange, now_ms: int) -> TimeRange:
    """Shift a range that ends about now so that it ends now: visitors' clocks differ, ours is one."""
    if asked.to_ms > now_ms or now_ms - asked.to_ms <= CLOCK_TOLERANCE_MS:
        if asked.to_ms - now_ms > CLOCK_TOLERANCE_MS:
            return asked  # a range that was chosen to reach into the future
        return TimeRange(asked.from_ms + now_ms - asked.to_ms, now_ms)
    return asked


def align(asked: TimeRange, step: int) -> TimeRange:
    """Align both ends to the step's grid, as Grafana does; never an empty range."""
    from_ms, to_ms = asked.from_ms // step * step, asked.to_ms // step * step
    return TimeRange(min(from_ms, to_ms - step) if from_ms >= to_ms else from_ms, to_ms)
