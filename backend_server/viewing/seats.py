"""Seats for visitors: a Grafana or a datasource that hangs keeps some of the server's threads, and never all of them.

The hook, health and everybody who signs in go through the same threads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SEATS = 12  # of `web.server.THREADS`
PATIENCE_SECONDS = 1.0


class Seats:
    """As many visitors at a time as there are seats. In a rush one waits a moment for a seat; where those who have one
    have sat longer than that moment, something hangs, and nobody waits for it any more."""

    def __init__(
        self,
        seats: int = SEATS,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._free = threading.Semaphore(seats)
        self._patience_seconds = patience_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._taken: dict[object, float] = {}

    @contextmanager
    def seat(self) -> Iterator[bool]:
        """Take a seat; gives whether there was one."""
        if not self._take():
            yield False
            return
        guest = object()
        with self._lock:
            self._taken[guest] = self._clock()
        try:
            yield True
        finally:
            with self._lock:
                del self._taken[guest]
            self._free.release()

    def _take(self) -> bool:
        if self._free.acquire(blocking=False):
            return True
        with self._lock:
            longest = self._clock() - min(self._taken.values(), default=self._clock())
        return longest < self._patience_seconds and self._free.acquire(timeout=self._patience_seconds)
