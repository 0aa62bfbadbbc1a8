"""Whether Grafana can be asked now: one that is away is a status, asked again later and never in a hot loop."""

from __future__ import annotations

import time
from collections.abc import Callable

from backend_server.errors import DashwrightError, UpstreamError

from .backoff import retry_delay_ms

_FIRST_MS = 250
_MOST_MS = 5_000
_MOST_WHILE_STARTING_MS = 500
_AWAY_STATUSES = frozenset({401, 429, 502, 503, 504})
RELOAD_FORBIDDEN = 403


def upstream_status(fault: DashwrightError) -> int | None:
    """Return the HTTP status a fault carries, None when there was no answer."""
    status = fault.details.get("status")
    return status if isinstance(status, int) else None


def is_away(fault: DashwrightError) -> bool:
    """Whether the fault is about Grafana as a whole, not about one document: no answer, or nobody is let in."""
    status = upstream_status(fault)
    return isinstance(fault, UpstreamError) and (status is None or status in _AWAY_STATUSES)


def is_starting(fault: DashwrightError) -> bool:
    """Whether nobody listens there: Grafana opens its port once it has read its files, and asking costs it nothing."""
    return fault.details.get("refused") is True


class Stopping(DashwrightError):
    """The process is ending: what was not begun is left for the next one."""

    code = "stopping"


class CircuitBreaker:
    """Remembers that Grafana was away, why, and when to ask again."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._attempts = 0
        self._next_try = 0.0
        self.reason: str | None = None
        self.recoveries = 0  # how often it came back after it had been away
        self.reload_forbidden = False  # asked again at each audit: rights may have been given since

    @property
    def allows_calls(self) -> bool:
        """Whether Grafana may be asked now."""
        return self.reason is None or self._monotonic() >= self._next_try

    @property
    def wait_seconds(self) -> float | None:
        """How long until it may be asked again; None when nothing is wrong."""
        return None if self.reason is None else max(0.0, self._next_try - self._monotonic())

    def trip(self, fault: DashwrightError) -> None:
        """Note that Grafana is away, and wait longer each time; while it starts never long."""
        self._attempts += 1
        most_ms = _MOST_WHILE_STARTING_MS if is_starting(fault) else _MOST_MS
        delay = retry_delay_ms(self._attempts, "grafana", first_ms=_FIRST_MS, most_ms=most_ms)
        self._next_try = self._monotonic() + delay / 1000
        self.reason = fault.message

    def reset(self) -> None:
        """Note that Grafana is there."""
        self.recoveries += self.reason is not None
        self._attempts = 0
        self.reason = None
