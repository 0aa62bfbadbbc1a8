"""Equal questions share one answer: while it is being fetched, and for a while after.

A hundred visitors of one dashboard then cost the datasource what one costs. Bounded in bytes; failures are kept for a
moment only, so that a datasource that is down is not asked by each of them again and yet comes back at once.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

from backend_server.errors import AskedTooOften, Busy, DashwrightError, UpstreamError, UpstreamTimeout
from backend_server.primitives.limits import FetchLimits

Q = TypeVar("Q", bound=Hashable)
T = TypeVar("T")

FAILURE_KEPT_SECONDS = 1.0
MOST_KEPT_SECONDS = 300.0
MOST_BYTES = 64 * 1024 * 1024
_ENTRY_OVERHEAD = 512
_NO_LIMITS = FetchLimits()


def _length(answer: object) -> int:
    return len(cast("bytes", answer))


@dataclass(slots=True)
class _Entry(Generic[T]):
    done: threading.Event = field(default_factory=threading.Event)
    answer: T | None = None
    failure: DashwrightError | None = None
    until: float = 0.0
    size: int = 0


class AnswerCache(Generic[T]):
    """A cache of answers by question, whose first asker fetches while the others wait for at most `wait_seconds`.

    Answers are bytes unless `size` says how many bytes another sort of answer takes. `limits` bound who fetches and
    who waits for that; an answer that is there is given to everybody.
    """

    def __init__(
        self,
        *,
        max_bytes: int = MOST_BYTES,
        wait_seconds: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
        size: Callable[[T], int] = _length,
        limits: FetchLimits = _NO_LIMITS,
    ) -> None:
        self._max_bytes = max_bytes
        self._wait_seconds = wait_seconds
        self._clock = clock
        self._size = size
        self._limits = limits
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, _Entry[T]] = OrderedDict()
        self._bytes = 0

    def get(self, question: Hashable, keep_seconds: float | Callable[[T], float], fetch: Callable[[], T]) -> T:
        """Return the answer to a question, fetching it unless somebody did or does; raises what the fetch raised.

        It is kept for `keep_seconds`, which may depend on the answer.
        """
        entry = self._entries.get(question)
        if entry is None or not self._is_there(entry):
            with self._limits.waiting():
                entry = self._awaited(question, keep_seconds, fetch)
        if entry.failure is not None:
            raise entry.failure.with_traceback(None)
        return cast("T", entry.answer)

    def has(self, question: Hashable) -> bool:
        """Whether there is an answer, or a failure, to give at once."""
        entry = self._entries.get(question)
        return entry is not None and self._is_there(entry)

    def _is_there(self, entry: _Entry[T]) -> bool:
        return entry.done.is_set() and self._clock() < entry.until

    def _awaited(
        self, question: Hashable, keep_seconds: float | Callable[[T], float], fetch: Callable[[], T]
    ) -> _Entry[T]:
        """Return the entry of a question with its answer or failure, by fetching it or waiting for who does."""
        with self._lock:
            entry = self._entries.get(question)
            if entry is not None and entry.done.is_set() and not self._is_there(entry):
                self._drop(question)
                entry = None
            ours = entry is None
            if entry is None:
                entry = self._entries[question] = _Entry()
        if ours:
            self._fetch(entry, keep_seconds, fetch)
        elif not entry.done.wait(self._wait_seconds):
            raise UpstreamTimeout("The datasource did not answer in time.")
        return entry

    def _fetch(self, entry: _Entry[T], keep_seconds: float | Callable[[T], float], fetch: Callable[[], T]) -> None:
        kept, size = FAILURE_KEPT_SECONDS, 0
        try:
            with self._limits.fetching():
                answer = entry.answer = fetch()
            kept = keep_seconds(answer) if callable(keep_seconds) else keep_seconds
            size = self._size(answer)
        except (AskedTooOften, Busy) as refusal:
            entry.failure, kept = refusal, 0.0
        except DashwrightError as failure:
            entry.failure = failure
        except BaseException:
            entry.failure = UpstreamError("The datasource could not be asked.")
            kept = 0.0
            raise
        finally:
            with self._lock:
                entry.until = self._clock() + kept
                entry.size = size + _ENTRY_OVERHEAD
                self._bytes += entry.size
                entry.done.set()
                self._make_room()

    def _make_room(self) -> None:
        if self._bytes <= self._max_bytes:
            return  # as a rule; listing many entries at each answer would cost more than the answer
        for question in list(self._entries):
            if self._bytes <= self._max_bytes:
                return
            if self._entries[question].done.is_set():
                self._drop(question)

    def _drop(self, question: Hashable) -> None:
        self._bytes -= self._entries.pop(question).size


class SharedAnswers(Generic[Q, T]):
    """The answers to one kind of question: fetched in one way, each kept equally long. Call it for an answer."""

    def __init__(
        self,
        fetch: Callable[[Q], T],
        keep_seconds: float | Callable[[T], float],
        *,
        size: Callable[[T], int],
        limits: FetchLimits = _NO_LIMITS,
    ) -> None:
        self._fetch = fetch
        self._keep_seconds = keep_seconds
        self._cache: AnswerCache[T] = AnswerCache(size=size, limits=limits)

    def __call__(self, question: Q) -> T:
        """Return the answer to a question; raises what the fetch raised."""
        return self._cache.get(question, self._keep_seconds, lambda: self._fetch(question))
