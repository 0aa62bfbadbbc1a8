"""Memory that never disagrees with the database: whatever was written elsewhere is forgotten before it is used again.

Every use begins with `check()`. It asks for the change number; when that moved from a to b, what was written after a is
forgotten. A memory of something read in a snapshot may be kept only if the guard has not moved past that snapshot.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from backend_server.primitives.memory import Guarded

from .model import StoreState
from .ports import AnswerCache, Records

# More than this at once is forgotten as a whole: asking one by one would cost more than it saves.
_MOST_FORGOTTEN = 20_000


class Guard:
    """Holds the change number up to which its caches are right; `lock` guards every change of them.

    `check()` makes them right as of now and returns the store's state.
    """

    def __init__(self, records: Records) -> None:
        self._records = records
        self._caches: list[AnswerCache] = []
        self._state: StoreState | None = None
        self.number = -1
        self.check = Guarded(self._catch_up, records.change_number)
        self.lock = threading.RLock()

    def watch(self, cache: AnswerCache) -> None:
        """Tell a cache from now on what to forget."""
        self._caches.append(cache)

    @property
    def epoch(self) -> str:
        """The database's name, as of the last check."""
        return "" if self._state is None else self._state.epoch

    def may_keep(self, snapshot: int) -> bool:
        """Say, with `lock` held, whether something read at change `snapshot` is still right to remember."""
        return self.number <= snapshot

    def wrote(self, change: int, changed: Sequence[tuple[str, str]]) -> None:
        """Forget what a write of our own changed; what is made of its results may be remembered at once."""
        with self.lock:
            self._forget(changed)
            if self._state is not None and self.number == change - 1:
                self.number = change
                self.check.keep(change, self._state)

    def _catch_up(self) -> StoreState:
        with self.lock, self._records.reading() as tx:
            state, before = tx.state(), self._state
            is_known = before is not None and before.epoch == state.epoch
            if is_known and self.number == state.change:
                return state
            changed = None
            if (
                before is not None
                and is_known
                and state.change >= self.number
                and state.forget_change <= self.number
                and state.links_on == before.links_on
            ):
                changed = tx.changed_since(self.number, _MOST_FORGOTTEN)
            self._forget(changed)
            self.number, self._state = state.change, state
            return state

    def _forget(self, changed: Sequence[tuple[str, str]] | None) -> None:
        for cache in self._caches:
            if changed is None:
                cache.forget_all()
            else:
                cache.forget(changed)
