"""When the next pass is due: changes wait for each other within a window, and what was put off wakes by itself."""

from __future__ import annotations

from .ports import ChangeNumber
from .schedule import Schedule


class ChangeWindow:
    """Follows the store's change number. Changes within `seconds` share one pass; the window is never begun again."""

    def __init__(self, changes: ChangeNumber, schedule: Schedule, seconds: float) -> None:
        self._changes = changes
        self._schedule = schedule
        self._seconds = seconds
        self._change = self._seen = -1
        self._opened_at: float | None = None
        self._wake_at: float | None = None

    def look(self) -> bool:
        """Read the change number; returns whether a window was opened. Raises UpstreamError."""
        self._change = self._changes.change_number()
        opens = self._change != self._seen and self._opened_at is None
        if opens:
            self._opened_at = self._schedule.now()
        return opens

    @property
    def is_open(self) -> bool:
        """Whether changes wait for a pass."""
        return self._opened_at is not None

    @property
    def is_over(self) -> bool:
        """Whether a pass is due: the window has passed, or something is to be tried again."""
        now = self._schedule.now()
        woken = self._wake_at is not None and now >= self._wake_at
        return woken or (self._opened_at is not None and now - self._opened_at >= self._seconds)

    def close(self) -> None:
        """Begin a pass, which sees all changes up to the last look."""
        self._opened_at, self._seen = None, self._change

    def wake_in(self, seconds: float | None) -> None:
        """Schedule a pass in so many seconds, but not sooner than a window lasts; None for when something changes.

        What came in during a pass is work too: it waits its window like any change, or each pass would reload.
        """
        self._wake_at = None if seconds is None else self._schedule.now() + max(seconds, self._seconds)

    def reopen(self) -> None:
        """Make a pass due now, whatever the number is: an audit has marked all that differs, nothing more will come."""
        self._seen = -1
        self._wake_at = self._schedule.now()
