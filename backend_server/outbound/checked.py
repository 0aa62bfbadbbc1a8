"""Decisions of the guard for many addresses at once, remembered: for addresses that somebody else will ask.

Names are resolved aside, many at a time, so that a thousand of them, or one whose DNS is silent, hold up an answer for
a few seconds at most. Whoever asks later resolves a name again, so a decision is kept for a minute only.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from .guard import AddressRefused, OutboundGuard, Purpose, is_literal

_KEPT_SECONDS = 60.0
_WAIT_SECONDS = 3.0
_AT_ONCE = 32
_MOST_SPARE = 10_000  # decisions remembered beyond twice of what is asked for
NOT_KNOWN_YET = "Its name is still being resolved."


@dataclass(frozen=True, slots=True)
class _Decision:
    """Why an address may not be reached (None = it may), and until when that is not asked again."""

    reason: str | None
    good_until: float


class CheckedAddresses:
    """What one purpose may reach, by URL; usable from many threads."""

    def __init__(
        self,
        guard: OutboundGuard,
        purpose: Purpose,
        *,
        wait_seconds: float = _WAIT_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._guard = guard
        self._purpose = purpose
        self._wait_seconds = wait_seconds
        self._monotonic = monotonic
        self._known: dict[str, _Decision] = {}
        self._asked: set[str] = set()
        self._queue: deque[str] = deque()
        self._resolving = 0
        self._changed = threading.Condition()

    def refused(self, urls: Collection[str]) -> Mapping[str, str]:
        """Return those of the URLs that may not be reached, each with its reason; all others may."""
        now = self._monotonic()
        unknown = False
        for url in urls:
            decision = self._known.get(url)
            if decision is not None and now < decision.good_until:
                continue
            if is_literal(url):
                self._known[url] = self._decide(url)
            else:
                unknown = unknown or decision is None
                self._ask(url)
        if unknown:
            with self._changed:
                self._changed.wait_for(lambda: not self._asked, self._wait_seconds)
        found = {}
        for url in urls:
            decision = self._known.get(url)
            reason = NOT_KNOWN_YET if decision is None else decision.reason
            if reason is not None:
                found[url] = reason
        self._forget_others(urls)
        return found

    def _ask(self, url: str) -> None:
        """Resolve a name aside; until then its last decision stands."""
        with self._changed:
            if url in self._asked:
                return
            self._asked.add(url)
            self._queue.append(url)
            if self._resolving < _AT_ONCE:
                self._resolving += 1
                threading.Thread(target=self._resolve, name="resolve-targets", daemon=True).start()

    def _resolve(self) -> None:
        while True:
            with self._changed:
                if not self._queue:
                    self._resolving -= 1
                    return
                url = self._queue.popleft()
            decision = self._decide(url)
            with self._changed:
                self._known[url] = decision
                self._asked.discard(url)
                if not self._asked:
                    self._changed.notify_all()

    def _decide(self, url: str) -> _Decision:
        reason: str | None = None
        try:
            self._guard.check(url, self._purpose)
        except AddressRefused as fault:
            before = self._known.get(url)
            # A name that DNS does not answer for now leads nowhere else than it did.
            stands = before is not None and before.reason is None and "place" not in fault.details
            reason = None if stands else fault.message
        except Exception as fault:  # noqa: BLE001 - whatever cannot be checked is not asked, and stops no other
            reason = f"It cannot be checked ({type(fault).__name__})."
        return _Decision(reason, self._monotonic() + _KEPT_SECONDS)

    def _forget_others(self, urls: Collection[str]) -> None:
        if len(self._known) > 2 * len(urls) + _MOST_SPARE:
            with self._changed:
                self._known = {url: self._known[url] for url in urls if url in self._known}
