"""The use case: what happened on a link, who did what, and how long daily counts are kept."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from backend_server.links import FoundLink
from backend_server.primitives.clock import format_day

from .model import AuditEvent, AuditQuery, DayCount
from .ports import LedgerRecords

MOST_DAYS = 3660
_MOST_CHANGES = 100
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class LinkLedger:
    """A link's use: days with events, and its audit events, both the newest first."""

    found: FoundLink
    first_day: str
    days: Sequence[DayCount]
    changes: Sequence[AuditEvent]

    @property
    def views(self) -> int:
        """The views of all its days."""
        return sum(day.views for day in self.days)

    @property
    def refused(self) -> Mapping[str, int]:
        """The refused requests of all its days, by reason."""
        total: Counter[str] = Counter()
        for day in self.days:
            total.update(day.refused)
        return total


class Ledger:
    """Reads the ledger and holds it to its size. Safe for many threads."""

    def __init__(self, records: LedgerRecords, *, keep_ms: int, clock_ms: Callable[[], int]) -> None:
        self._records = records
        self._keep_ms = keep_ms
        self._clock_ms = clock_ms
        self._tidied = ""
        self._lock = threading.Lock()

    def of_link(self, found: FoundLink, days: int) -> LinkLedger:
        """Return what happened on a link in its last `days` days, today included, as far as they are kept."""
        now = self._clock_ms()
        first = max(format_day(now - (days - 1) * _DAY_MS), self._first_kept(now))
        query = AuditQuery(object_kind="link", object_id=found.link.id, per_page=_MOST_CHANGES)
        changes, _ = self._records.audit_page(query)
        return LinkLedger(found, first, self._records.days(found.link.id, first), changes)

    def audit(self, query: AuditQuery) -> tuple[Sequence[AuditEvent], int]:
        """Return one page of audit events, the newest first, and how many there are in all."""
        return self._records.audit_page(query)

    def tidy(self) -> int:
        """Remove daily counts that are kept no longer; returns the number of rows. Works once a day."""
        now = self._clock_ms()
        with self._lock:
            today = format_day(now)
            if self._tidied == today:
                return 0
            removed = self._records.forget_days_before(self._first_kept(now))
            self._tidied = today
            return removed

    def _first_kept(self, now_ms: int) -> str:
        return format_day(now_ms - self._keep_ms)
