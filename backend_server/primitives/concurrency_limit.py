"""At most so many at a time: what hangs keeps some of a server's threads, and never all of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class ConcurrencyLimit:
    """Lets at most `size` callers in at once. In a rush a further one waits for up to `patience_seconds`.

    Where one of those inside has been there longer than that, something hangs, and nobody waits any more.
    """

    def __init__(
        self, size: int, *, patience_seconds: float = 0.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._free = threading.Semaphore(size)
        self._patience_seconds = patience_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._entered: dict[object, float] = {}

    @contextmanager
    def acquire(self) -> Iterator[bool]:
        """Enter for the length of a `with` block; yields whether there was room."""
        if not self._enter():
            yield False
            return
        entry = object()
        with self._lock:
            self._entered[entry] = self._clock()
        try:
            yield True
        finally:
            with self._lock:
                del self._entered[entry]
            self._free.release()

    @property
    def in_use(self) -> int:
        """How many are inside now."""
        return len(self._entered)

    def _enter(self) -> bool:
        if self._free.acquire(blocking=False):
            return True
        with self._lock:
            longest = self._clock() - min(self._entered.values(), default=self._clock())
        return longest < self._patience_seconds and self._free.acquire(timeout=self._patience_seconds)
