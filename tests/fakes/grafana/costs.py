"""What calls cost a Grafana, as they were measured on a running 12.4.0 (two cores, SQLite): for benchmarks.

A call waits for its turn and then takes its time, so that more callers at once get no more done than they did there.
`load` makes everything as many times slower: 1 is a quiet machine.
"""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, field

FILE_SECONDS = 0.011  # each new or changed file of a walk
_DURING_A_WALK = 1.5


@dataclass(frozen=True)
class _Cost:
    match: re.Pattern[str]
    seconds: float
    turns: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(1))


class Costs:
    """The time of each call, by `METHOD /path`; what is not named costs what the fake itself takes."""

    def __init__(self, load: float) -> None:
        one = r"/api/dashboards/uid/[^/]+"
        self._costs = [
            _Cost(re.compile(pattern), seconds * load)
            for pattern, seconds in (
                (rf"POST {one}/public-dashboards$", 0.0049),
                (rf"PATCH {one}/public-dashboards/", 0.0035),
                (rf"DELETE {one}/public-dashboards/", 0.002),
                (rf"GET {one}/public-dashboards$", 0.0011),
                (rf"GET {one}$", 0.0087),
                (r"GET /api/dashboards/public-dashboards", 0.033),
                (r"GET /api/public/dashboards/[^/]+$", 0.0013),
                (r"POST /api/public/dashboards/", 0.0033),
                (r"GET /public-dashboards/", 0.0017),
            )
        ]

    def spend(self, method: str, path: str, *, walking: bool) -> None:
        """Take the time of a call."""
        for cost in self._costs:
            if cost.match.match(f"{method} {path}"):
                with cost.turns:
                    time.sleep(cost.seconds * (_DURING_A_WALK if walking else 1))
                return
