"""Noticing within seconds that somebody else changed, added or removed files in DASHBOARDS_DIR.

The folder is looked at every few seconds: size, time and inode of each file, and only those that differ from what was
seen or written last are read and compared. That works on every kind of mount, cannot miss an event, and our own writes
count as seen.
"""

from __future__ import annotations

from .model import AuditReport
from .reconciler import Reconciler
from .schedule import Schedule

_FILES = "files"


class FileWatch:
    """Looks at the folder every `interval_seconds`; before the first audit there is nothing to compare it with."""

    def __init__(self, reconciler: Reconciler, schedule: Schedule, interval_seconds: float) -> None:
        self._reconciler = reconciler
        self._schedule = schedule
        self._interval_seconds = interval_seconds
        self._changed: dict[str, str | None] = {}

    def look(self) -> AuditReport | None:
        """Compare what others changed with the record when that is due; returns the report where something differs."""
        if not self._schedule.is_due(_FILES):
            return None
        self._schedule.postpone(_FILES, self._interval_seconds)
        self._changed.update(self._reconciler.context.files.changed())
        if not self._changed:
            return None
        report = self._reconciler.audit_changed(self._changed)
        self._changed.clear()  # kept until the database has taken what differs
        return report if report.files_lost or report.leftovers else None
