"""Memory over the database that never disagrees with it: a change number is asked before each use.

The number may be that of one topic, so that a write of other things leaves the memory as it is. A `Guarded` value is
read again as a whole; caches under a `Guard` forget entry by entry what was written elsewhere.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

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
        """Store the value as of a write of our own, so that it is not read again for that."""
        self._held = (number, value)


class Cache(Protocol):
    """A cache of objects; its guard says which entries are no longer right."""

    def forget(self, changed: Sequence[tuple[str, str]]) -> None:
        """Forget what was written, given as `(maker, object_id)`."""

    def forget_all(self) -> None:
        """Forget everything."""


@dataclass(frozen=True, slots=True)
class Changes(Generic[T]):
    """What a snapshot says: the source's state, its change number, and what was written since the state before.

    `changed` is None when everything must be forgotten.
    """

    state: T
    number: int
    changed: Sequence[tuple[str, str]] | None


class Guard(Generic[T]):
    """Holds the change number up to which its caches are right; `lock` guards every change of them.

    Every use of a cache begins with `check()`, which makes them right as of now and returns the source's state. When
    the number moved from a to b, what was written after a is forgotten. What was read in a snapshot may be kept only
    if the guard has not moved past that snapshot.
    """

    def __init__(self, read_changes: Callable[[T | None, int], Changes[T]], change_number: Callable[[], int]) -> None:
        self._read_changes = read_changes
        self._caches: list[Cache] = []
        self._state: T | None = None
        self.number = -1
        self.check = Guarded(self._catch_up, change_number)
        self.lock = threading.RLock()

    def watch(self, cache: Cache) -> None:
        """Register a cache, which hears from now on what to forget."""
        self._caches.append(cache)

    @property
    def state(self) -> T:
        """The source's state as of the last check."""
        return self.check() if self._state is None else self._state

    def may_keep(self, snapshot: int) -> bool:
        """Whether something read at change `snapshot` may still be cached; call it with `lock` held."""
        return self.number <= snapshot

    def wrote(self, change: int, changed: Sequence[tuple[str, str]]) -> None:
        """Forget what a write of our own changed; what is made of its results may be remembered at once."""
        with self.lock:
            self._forget(changed)
            if self._state is not None and self.number == change - 1:
                self.number = change
                self.check.keep(change, self._state)

    def _catch_up(self) -> T:
        with self.lock:
            changes = self._read_changes(self._state, self.number)
            self._forget(changes.changed)
            self.number, self._state = changes.number, changes.state
            return changes.state

    def _forget(self, changed: Sequence[tuple[str, str]] | None) -> None:
        for cache in self._caches:
            if changed is None:
                cache.forget_all()
            else:
                cache.forget(changed)
