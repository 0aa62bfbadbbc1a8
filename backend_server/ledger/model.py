"""The frozen values of the ledger. Times are epoch milliseconds, days are UTC `YYYY-MM-DD`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DayCount:
    """What happened on one link in one day; `refused` counts by reason."""

    day: str
    views: int
    refused: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """Who did what to which object; `id` grows with time."""

    id: int
    at: int
    actor: str
    action: str
    object_kind: str
    object_id: str
    details: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which events a page is to hold; `since` is included, `until` is not. `action` may end in `*`."""

    object_id: str | None = None
    object_kind: str | None = None
    actor: str | None = None
    action: str | None = None
    since: int | None = None
    until: int | None = None
    page: int = 1
    per_page: int = 100
