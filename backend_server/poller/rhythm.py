"""When Prometheus comes for the readings, found from the moments it came at, so that devices are asked just before.

A reading then waits in the poller for less than a second and not, as with two clocks of their own, for half an interval
on average. Pure: every moment is given, in seconds of one clock.
"""

from __future__ import annotations

from collections import deque

_MOMENTS_KEPT = 12
_LATE_SHARE = 0.1  # of an interval: a scrape that is so much early or late is still the one that was expected
_MISSED_SCRAPES = 3
_BETWEEN_SECONDS = (0.5, 120.0)
# From a device's answer to the scrape at the least; a share of a short interval.
_MARGIN_SECONDS, _MARGIN_SHARE = 0.3, 0.25
# A small fleet is asked within this time, and a larger one takes as much more as its polls cost.
_LEAST_SPREAD_SECONDS, _SPREAD_SECONDS_A_DEVICE = 0.5, 0.0005


class ScrapeRhythm:
    """Tell it of each scrape; visitors that come in between, such as a person with curl, do not disturb it."""

    def __init__(self) -> None:
        self._moments: deque[float] = deque(maxlen=_MOMENTS_KEPT)
        self._interval: float | None = None
        self._last = 0.0

    def came(self, now: float) -> None:
        """Note a scrape."""
        if self._interval is not None and now - self._last > (_MISSED_SCRAPES + 0.5) * self._interval:
            self._interval = None
        if self._interval is None:
            self._interval = self._steady(now)
            self._last = now
        else:
            passed = now - self._last
            scrapes = round(passed / self._interval)
            if scrapes and abs(passed - scrapes * self._interval) <= _LATE_SHARE * self._interval:
                self._last = now
        self._moments.append(now)

    def interval(self, now: float) -> float | None:
        """Return the seconds between two scrapes; None while there is no steady visitor."""
        if self._interval is None or now - self._last > (_MISSED_SCRAPES + 0.5) * self._interval:
            return None
        return self._interval

    def before_scrape(self, now: float, wait: float, place: float, devices: int, answer_seconds: float) -> float:
        """Return when to ask a device that is next due in about `wait` seconds: just before a scrape.

        `place` (0 to 1) is the device's own in the time that all `devices` are asked in, `answer_seconds` how long it
        took to answer. Without a rhythm, or with one that the device's own does not fit, it is exactly `wait` from now.
        """
        interval = self.interval(now)
        if interval is None or not _fit(wait, interval):
            return now + wait
        period = min(wait, interval)
        margin = min(_MARGIN_SECONDS, period * _MARGIN_SHARE) + min(answer_seconds, period / 2)
        spread = min(max(_LEAST_SPREAD_SECONDS, devices * _SPREAD_SECONDS_A_DEVICE), period - margin)
        goal = self._last - margin - place * max(0.0, spread)
        moment = goal + round((now + wait - goal) / period) * period
        return moment if moment > now + wait / 4 else moment + period

    def _steady(self, now: float) -> float | None:
        """Return the interval at which this and three earlier scrapes lie."""
        least, most = _BETWEEN_SECONDS
        for earlier in reversed(self._moments):
            interval = now - earlier
            if least <= interval <= most and all(
                any(abs(now - count * interval - moment) <= _LATE_SHARE * interval for moment in self._moments)
                for count in (2, 3)
            ):
                return interval
        return None


def _fit(wait: float, interval: float) -> bool:
    """Whether one of two intervals is a multiple of the other."""
    ratio = max(wait, interval) / min(wait, interval)
    return abs(ratio - round(ratio)) <= _LATE_SHARE / 2
