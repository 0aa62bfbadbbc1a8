"""What the ledger needs from outside; `storage` fits it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from .model import AuditEvent, AuditQuery, DayCount


class LedgerRecords(Protocol):
    """The rows that the ledger is written in. There is nothing here that changes or removes an audit event."""

    def days(self, link_id: str, first_day: str) -> Sequence[DayCount]:
        """Return the days on which something happened on a link, the newest first."""

    def audit_page(self, query: AuditQuery) -> tuple[Sequence[AuditEvent], int]:
        """Return one page of audit events, the newest first, and how many there are in all."""

    def forget_days_before(self, day: str) -> int:
        """Remove the daily counts of days before this one; returns how many rows went."""
