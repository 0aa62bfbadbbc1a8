"""Learns when Prometheus takes the poller's readings, from the times of the samples it took."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from threading import Event
from typing import Any

import orjson

from backend_server.errors import UpstreamError
from backend_server.queries.steps import LearnedScrapes, Scrapes

from .ports import MetricsSource

# The poller's own, which is there with every scrape of it, whatever devices there are.
_SERIES = "dashwright_poller_devices"
_LOOK_BACK = "2m"
_LEAST_SAMPLES = 4
_STEADY_SHARE = 0.1  # of an interval, by which two gaps may differ
_AGAIN_SECONDS, _UNKNOWN_AGAIN_SECONDS = 60.0, 5.0
# From the end of a scrape to its samples being found, with room for a scrape that takes longer than the last one.
_SETTLE_MS, _DURATION_FACTOR = 250, 1.5


class ScrapeWatch:
    """Keeps `learned` as the scrapes are; what cannot be asked now leaves it as it was."""

    def __init__(self, source: MetricsSource, learned: LearnedScrapes, clock_ms: Callable[[], int]) -> None:
        self._source = source
        self._learned = learned
        self._clock_ms = clock_ms

    def watch(self, stop: Event) -> None:
        """Look until asked to stop: often until something is known, then now and then."""
        while True:
            self.look()
            if stop.wait(_AGAIN_SECONDS if self._learned.known else _UNKNOWN_AGAIN_SECONDS):
                return

    def look(self) -> None:
        """Look once."""
        now_ms = self._clock_ms()
        try:
            series = _series(self._source.instant(f"{_SERIES}[{_LOOK_BACK}]", now_ms))
            labels, times = min(series, default=({}, ()), key=lambda one: sorted(one[0].items()))
            rhythm = rhythm_of(times, now_ms)
            settle_ms = 0 if rhythm is None else self._settle_ms(labels, now_ms)
        except UpstreamError:
            return
        self._learned.known = None if rhythm is None else Scrapes(*rhythm, settle_ms=settle_ms)

    def _settle_ms(self, labels: Mapping[str, str], now_ms: int) -> int:
        """Return how long after its moment a scrape's samples are found."""
        named = ",".join(f"{name}={orjson.dumps(labels.get(name, '')).decode()}" for name in ("job", "instance"))
        found = _series(self._source.instant(f"scrape_duration_seconds{{{named}}}[{_LOOK_BACK}]", now_ms), values=True)
        seconds = [value for _, values in found for value in values]
        return _SETTLE_MS + round(_DURATION_FACTOR * 1000 * max(seconds, default=0.0))


def rhythm_of(times_ms: Sequence[float], now_ms: int) -> tuple[int, int] | None:
    """Return interval and newest moment of scrapes at these times; None when they keep no interval, or have ended."""
    if len(times_ms) < _LEAST_SAMPLES:
        return None
    gaps = [later - earlier for earlier, later in pairwise(times_ms)]
    interval = statistics.median(gaps)
    steady = [gap for gap in gaps if abs(gap - interval) <= _STEADY_SHARE * interval]
    if interval <= 0 or 2 * len(steady) <= len(gaps) or abs(now_ms - times_ms[-1]) > 3 * interval:
        return None
    return round(interval), round(times_ms[-1])


def _series(answer: bytes, *, values: bool = False) -> list[tuple[Mapping[str, str], list[float]]]:
    """Return labels and times, or values, of an answer's series; nothing of an answer of another shape."""
    try:
        found: Any = orjson.loads(answer)
        result = found["data"]["result"] if found["data"]["resultType"] == "matrix" else []
        return [
            (one["metric"], [float(text) if values else moment * 1000 for moment, text in one["values"]])
            for one in result
        ]
    except (ValueError, KeyError, TypeError, IndexError):
        return []
