"""`?wait=`: a few requests may sit until something is true; all others go at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from backend_server.errors import InvalidInput, Problem
from backend_server.primitives.durations import parse_duration
from backend_server.primitives.limits import ConcurrencyLimit
from backend_server.settings.capacity import WAITING

MAX_WAIT_SECONDS = 30.0
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.02, 0.25


def wait_seconds(text: str | None) -> float:
    """Read `?wait=`: a duration of at most 30 s, or a bare number of seconds; 0 when absent."""
    if not text:
        return 0.0
    seconds = float(text) if text.isascii() and text.isdigit() and len(text) < 6 else parse_duration(text, path="wait")
    if seconds > MAX_WAIT_SECONDS:
        raise InvalidInput([Problem("wait", f"is longer than {MAX_WAIT_SECONDS:g}s; ask again instead")])
    return seconds


class WaitingRoom:
    """Holds a few waiting requests, so that they can never take all of the server's threads."""

    def __init__(self, size: int = WAITING.threads) -> None:
        self._limit = ConcurrencyLimit(size)
        self._stopping = threading.Event()

    def stop(self) -> None:
        """End all waiting now and for good: the process stops."""
        self._stopping.set()

    @contextmanager
    def acquire(self) -> Iterator[bool]:
        """Enter if there is room; yields whether there was."""
        if self._stopping.is_set():
            yield False
            return
        with self._limit.acquire() as acquired:
            yield acquired

    def until(self, is_so: Callable[[], bool], change_number: Callable[[], int], seconds: float) -> bool:
        """Look until `is_so()`, again only when the store's change number moved; return the last look's answer.

        Ends at the deadline or when the process stops.
        """
        deadline = time.monotonic() + seconds
        seen, pause = change_number(), _FIRST_PAUSE_SECONDS
        if is_so():
            return True
        while (left := deadline - time.monotonic()) > 0:
            if self._stopping.wait(min(pause, left)):
                return False
            pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)
            now = change_number()
            if now != seen:
                seen, pause = now, _FIRST_PAUSE_SECONDS
                if is_so():
                    return True
        return False
