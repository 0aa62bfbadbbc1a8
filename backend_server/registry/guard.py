"""Memory that never disagrees with the database: whatever was written elsewhere is forgotten before it is used again.

Every use begins with `check()`. It asks for the change number; when that moved from a to b, what was written after a is
forgotten. A memory of something read in a snapshot may be kept only if the guard has not moved past that snapshot.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from backend_server.primitives.memory import Guarded

from .ports import Records, StoreState

# More than this at once is forgotten as a whole: asking one by one would cost more than it saves.
_MOST_FORGOTTEN = 20_000


class Guard:
    """Holds the change number up to which a memory is right; `lock` guards every change of that memory.

    `check()` makes the memory right as of now and returns the store's state.
    """

    def __init__(
        self, records: Records, forget: Callable[[Sequence[tuple[str, str]]], None], forget_all: Callable[[], None]
    ) -> None:
        self._records = records
        self._forget = forget
        self._forget_all = forget_all
        self._state: StoreState | None = None
        self.number = -1  # the change number up to which the memory is right
        self.check = Guarded(self._catch_up, records.change_number)
        self.lock = threading.RLock()

    @property
    def epoch(self) -> str:
        """The database's name, as of the last check."""
        return "" if self._state is None else self._state.epoch

    def may_keep(self, snapshot: int) -> bool:
        """Say, with `lock` held, whether something read at change `snapshot` is still right to remember."""
        return self.number <= snapshot

    def wrote(self, change: int) -> None:
        """Note, with `lock` held, a write of our own after which nothing older is remembered."""
        if self._state is not None and self.number == change - 1:
            self.number = change
            self.check.keep(change, self._state)

    def _catch_up(self) -> StoreState:
        with self.lock, self._records.reading() as reading:
            state, before = reading.state(), self._state
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
                changed = reading.changed_since(self.number, _MOST_FORGOTTEN)
            if changed is None:
                self._forget_all()
            else:
                self._forget(changed)
            self.number, self._state = state.change, state
            return state
