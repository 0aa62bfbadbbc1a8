"""A component that is slow to check: asked in the background and remembered, so that health stays fast."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

from .model import Level, Part

_REMEMBER_SECONDS = 5.0
_TOO_OLD = 2  # times as long as it is remembered: then an answer is not shown without asking again
_PATIENCE_SECONDS = 1.0  # how long one look at health waits for such answers, all together
_LATE = Part(Level.DEGRADED, "does not answer in time")
_log = structlog.stdlib.get_logger("monitoring")


class Remembered:
    """Asks something slow at most every few seconds, in its own thread, and answers from memory while that is young."""

    def __init__(self, name: str, ask: Callable[[], Part]) -> None:
        self._name, self._ask = name, ask
        self._news = threading.Condition()
        self._asked_at = self._known_at = float("-inf")  # both are moments of asking
        self._part = Part(Level.DEGRADED, "not known yet")

    def begin(self) -> None:
        """Ask again in the background when the last answer is old."""
        with self._news:
            now = time.monotonic()
            if now - self._asked_at >= _REMEMBER_SECONDS:
                self._asked_at = now
                threading.Thread(target=self._refresh, args=(now,), name=f"health-{self._name}", daemon=True).start()

    def part(self, began: float) -> Part:
        """Return the last answer; one that is much too old is waited for, until the patience that began then ends."""
        oldest = began - _TOO_OLD * _REMEMBER_SECONDS
        with self._news:
            left = began + _PATIENCE_SECONDS - time.monotonic()
            young = self._news.wait_for(lambda: self._known_at >= oldest, max(left, 0.0))
            # What was good long ago and is silent now must not pass for good; what was bad then stays so.
            return self._part if young or self._part.level is not Level.OK else _LATE

    def _refresh(self, asked_at: float) -> None:
        try:
            part = self._ask()
        except Exception as fault:  # noqa: BLE001 - whatever goes wrong in asking is the component's state
            part = Part(Level.DOWN, "cannot be reached")
            _log.info("component cannot be reached", component=self._name, error=type(fault).__name__)
        with self._news:
            if asked_at >= self._known_at:
                self._part, self._known_at = part, asked_at
            self._news.notify_all()
