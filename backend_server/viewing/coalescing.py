"""Equal questions share one answer: while it is being fetched, and for a while after.

A hundred visitors of one dashboard then cost the datasource what one costs. Bounded in bytes; failures are kept for a
moment only, so that a datasource that is down is not asked by each visitor anew and yet comes back at once.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from backend_server.errors import DashwrightError, UpstreamTimeout

_FAILURE_KEPT_SECONDS = 1.0
_ENTRY_OVERHEAD = 512


@dataclass(slots=True)
class _Entry:
    done: threading.Event = field(default_factory=threading.Event)
    answer: bytes | None = None
    failure: DashwrightError | None = None
    until: float = 0.0
    size: int = 0


class Coalescing:
    """A cache of answers by question, whose first asker fetches while the others wait for at most `wait_seconds`."""

    def __init__(
        self,
        *,
        max_bytes: int = 64 * 1024 * 1024,
        wait_seconds: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_bytes = max_bytes
        self._wait_seconds = wait_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._bytes = 0

    def get(self, question: Hashable, keep_seconds: float, fetch: Callable[[], bytes]) -> bytes:
        """Give the answer to a question, fetching it unless somebody did or does; raises what the fetch raised."""
        with self._lock:
            entry = self._entries.get(question)
            if entry is not None and entry.done.is_set() and self._clock() >= entry.until:
                self._drop(question)
                entry = None
            ours = entry is None
            if entry is None:
                entry = self._entries[question] = _Entry()
        if ours:
            self._fetch(question, entry, keep_seconds, fetch)
        elif not entry.done.wait(self._wait_seconds):
            raise UpstreamTimeout("The datasource did not answer in time.")
        if entry.failure is not None:
            raise entry.failure.with_traceback(None)
        assert entry.answer is not None
        return entry.answer

    def _fetch(self, question: Hashable, entry: _Entry, keep_seconds: float, fetch: Callable[[], bytes]) -> None:
        kept = _FAILURE_KEPT_SECONDS
        try:
            entry.answer = fetch()
            kept = keep_seconds
        except DashwrightError as failure:
            entry.failure = failure
        except BaseException:
            entry.failure = DashwrightError("The datasource could not be asked.")
            kept = 0.0
            raise
        finally:
            with self._lock:
                entry.until = self._clock() + kept
                entry.size = len(entry.answer or b"") + _ENTRY_OVERHEAD
                self._bytes += entry.size
                entry.done.set()
                self._make_room()

    def _make_room(self) -> None:
        for question in list(self._entries):
            if self._bytes <= self._max_bytes:
                return
            if self._entries[question].done.is_set():
                self._drop(question)

    def _drop(self, question: Hashable) -> None:
        self._bytes -= self._entries.pop(question).size
