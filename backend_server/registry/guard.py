"""Memory that never disagrees with the database: whatever was written elsewhere is forgotten before it is used again.

Every use begins with `check()`. It asks for the change number; when that moved from a to b, what was written after a is
forgotten. A memory of something read in a snapshot may be kept only if the guard has not moved past that snapshot.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from .ports import Records

# More than this at once is forgotten as a whole: asking one by one would cost more than it saves.
_MOST_FORGOTTEN = 20_000


class Guard:
    """Holds the change number up to which a memory is right; `lock` guards every change of that memory."""

    def __init__(
        self, records: Records, forget: Callable[[Sequence[tuple[str, str]]], None], forget_all: Callable[[], None]
    ) -> None:
        self._records = records
        self._forget = forget
        self._forget_all = forget_all
        self._known = -1
        self._epoch = ""
        self.links_on = True
        self.lock = threading.RLock()

    @property
    def epoch(self) -> str:
        """The database's name, as of the last check."""
        return self._epoch

    @property
    def number(self) -> int:
        """The change number up to which the memory is right."""
        return self._known

    def check(self) -> None:
        """Make the memory right as of now."""
        if self._records.change_number() != self._known:
            self._catch_up()

    def _catch_up(self) -> None:
        with self.lock, self._records.reading() as reading:
            state = reading.state()
            if state.change == self._known and state.epoch == self._epoch:
                return
            changed = None
            moved_on = state.epoch == self._epoch and state.change >= self._known
            if moved_on and state.forget_change <= self._known and state.links_on == self.links_on:
                changed = reading.changed_since(self._known, _MOST_FORGOTTEN)
            if changed is None:
                self._forget_all()
            else:
                self._forget(changed)
            self._known, self._epoch, self.links_on = state.change, state.epoch, state.links_on

    def may_keep(self, snapshot: int) -> bool:
        """Say, with `lock` held, whether something read at change `snapshot` is still right to remember."""
        return self._known <= snapshot

    def wrote(self, change: int) -> None:
        """Note, with `lock` held, a write of our own whose results are remembered right now."""
        if self._known == change - 1:
            self._known = change
