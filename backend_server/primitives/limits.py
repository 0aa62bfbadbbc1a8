"""Bounds on callers: at most so many at a time, at most so many a second, and both for what is fetched for them.

What hangs keeps some of a server's threads, and never all of them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from backend_server.errors import AskedTooOften, Busy

_MOST_KEYS = 10_000
_RETRY_SECONDS = 2
_VISITORS = "visitors wait for a datasource"
# For whom a thread works, and whether it counts as waiting already; a copied context brings both along.
_client: ContextVar[str] = ContextVar("client", default="")
_is_waiting: ContextVar[bool] = ContextVar("is_waiting", default=False)


class ConcurrencyLimit:
    """Lets at most `size` callers in at once; up to `queue` more wait for their turn, for `patience_seconds` each."""

    def __init__(self, size: int, *, queue: int = 0, patience_seconds: float = 0.0) -> None:
        self._free = threading.Semaphore(size)
        self._places = threading.Semaphore(size + queue)
        self._patience_seconds = patience_seconds
        self._lock = threading.Lock()
        self._in_use = 0

    @contextmanager
    def acquire(self) -> Iterator[bool]:
        """Enter for the length of a `with` block; yields whether there was room."""
        if not self._places.acquire(blocking=False):
            yield False
            return
        try:
            entered = self._free.acquire(timeout=self._patience_seconds)
            if not entered:
                yield False
                return
            self._count(1)
            try:
                yield True
            finally:
                self._count(-1)
                self._free.release()
        finally:
            self._places.release()

    @contextmanager
    def turn(self, what: str) -> Iterator[None]:
        """Enter like `acquire`; raises Busy, naming what there are too many of, when there is no room."""
        with self.acquire() as entered:
            if not entered:
                raise busy(what)
            yield

    @property
    def in_use(self) -> int:
        """How many are inside now."""
        return self._in_use

    def _count(self, more: int) -> None:
        with self._lock:
            self._in_use += more


class RateLimit:
    """Lets each key take at most `per_second`, and `burst` in a rush; 0 is no limit."""

    def __init__(self, per_second: int, *, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._pause = 1 / per_second if per_second else 0.0
        self._ahead = burst * self._pause
        self._clock = clock
        self._lock = threading.Lock()
        self._until: dict[str, float] = {}  # until when what a key took would have lasted at its rate

    def take(self, key: str) -> bool:
        """Use one of them up; returns whether that was allowed."""
        if not self._pause:
            return True
        now = self._clock()
        with self._lock:
            until = max(self._until.get(key, 0.0), now) + self._pause
            if until > now + self._ahead:
                return False
            if len(self._until) >= _MOST_KEYS and key not in self._until:
                self._until = {known: moment for known, moment in self._until.items() if moment > now}
            self._until[key] = until
        return True


class FetchLimits:
    """Bounds what callers cause beyond what is remembered: the threads they hold, fetches at a time, a rate for each.

    What is answered from memory needs none of them, so many who look at the same are never refused.
    """

    def __init__(
        self,
        threads: ConcurrencyLimit | None = None,
        fetches: ConcurrencyLimit | None = None,
        rate: RateLimit | None = None,
    ) -> None:
        self._threads = threads
        self._fetches = fetches
        self._rate = rate

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Hold a thread while something is fetched, whoever fetches it; raises Busy. Free for who holds one already."""
        if self._threads is None or _is_waiting.get():
            yield
            return
        with self._threads.turn(_VISITORS):
            before = _is_waiting.set(True)
            try:
                yield
            finally:
                _is_waiting.reset(before)

    @contextmanager
    def fetching(self) -> Iterator[None]:
        """Fetch when it is one's turn; raises Busy when that does not come, AskedTooOften beyond the client's rate."""
        client = _client.get()
        if self._rate is not None and client and not self._rate.take(client):
            raise AskedTooOften(
                "Too many different queries from one address; wait a moment.",
                details={"retry_after_seconds": _RETRY_SECONDS},
            )
        if self._fetches is None:
            yield
            return
        with self._fetches.turn(_VISITORS):
            yield


def works_for(client: str) -> None:
    """Note for whom this thread works from now on."""
    _client.set(client)


def busy(what: str) -> Busy:
    """Return the refusal of one more than there is room for."""
    return Busy(f"Too many {what} at the moment; try again.", details={"retry_after_seconds": _RETRY_SECONDS})
