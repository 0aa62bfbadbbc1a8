"""What the ledger needs from outside; `storage` fits it. Times are epoch milliseconds, days are UTC `YYYY-MM-DD`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class DayCount(Protocol):
    """What happened on one link in one day; `refused` counts by reason."""

    @property
    def day(self) -> str: ...
    @property
    def views(self) -> int: ...
    @property
    def refused(self) -> Mapping[str, int]: ...


class AuditRow(Protocol):
    """One deed; `id` grows with time."""

    @property
    def id(self) -> int: ...
    @property
    def at(self) -> int: ...
    @property
    def actor(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def object_kind(self) -> str: ...
    @property
    def object_id(self) -> str: ...
    @property
    def details(self) -> Mapping[str, object]: ...


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which deeds a page is to hold; `since` is included, `until` is not. `action` may end in `*`."""

    object_id: str | None = None
    object_kind: str | None = None
    actor: str | None = None
    action: str | None = None
    since: int | None = None
    until: int | None = None
    page: int = 1
    per_page: int = 100


class LedgerRecords(Protocol):
    """The rows that the ledger is written in. There is nothing here that changes or removes a deed."""

    def days(self, link_id: str, first_day: str) -> Sequence[DayCount]:
        """Return the days on which something happened on a link, the newest first."""

    def audit_page(self, query: AuditQuery) -> tuple[Sequence[AuditRow], int]:
        """Return one page of deeds, the newest first, and how many there are in all."""

    def forget_days_before(self, day: str) -> int:
        """Remove the daily counts of days before this one; gives how many rows went."""
