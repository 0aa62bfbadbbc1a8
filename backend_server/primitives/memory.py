"""Memory over the database that never disagrees with it: a change number is asked before each use.

The number may be that of one topic, so that a write of other things leaves the memory as it is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Guarded(Generic[T]):
    """A value read as a whole, and read again only when its change number moved; call it for the value.

    Any number of threads may call it; one of them reads. What `read` raises reaches the caller, and nothing is kept.
    """

    def __init__(self, read: Callable[[], T], change_number: Callable[[], int]) -> None:
        self._read = read
        self._change_number = change_number
        self._lock = threading.Lock()
        self._held: tuple[int, T] | None = None

    def __call__(self) -> T:
        """Return the value, right as of now."""
        number = self._change_number()
        held = self._held
        if held is not None and held[0] == number:
            return held[1]
        with self._lock:
            # Asked again: whoever waited here finds what the one before it read.
            number = self._change_number()
            held = self._held
            if held is None or held[0] != number:
                # Read after the number: the value may be newer than it, never older.
                held = self._held = (number, self._read())
            return held[1]

    def keep(self, number: int, value: T) -> None:
        """Note the value as of a write of our own, so that it is not read again for that."""
        self._held = (number, value)
