"""The ledger's rows: deeds, and counts by link and day; fits `ledger.ports.LedgerRecords`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement, delete, func, select

from ..engine.store import Store
from ..schema import audit, link_views


class _AuditQuery(Protocol):
    @property
    def object_id(self) -> str | None: ...
    @property
    def object_kind(self) -> str | None: ...
    @property
    def actor(self) -> str | None: ...
    @property
    def action(self) -> str | None: ...
    @property
    def since(self) -> int | None: ...
    @property
    def until(self) -> int | None: ...
    @property
    def page(self) -> int: ...
    @property
    def per_page(self) -> int: ...


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """The same for those who do not come by the ledger."""

    object_id: str | None = None
    object_kind: str | None = None
    actor: str | None = None
    action: str | None = None
    since: int | None = None
    until: int | None = None
    page: int = 1
    per_page: int = 100


@dataclass(frozen=True, slots=True)
class Day:
    """One day of one link."""

    day: str
    views: int
    refused: dict[str, int]


@dataclass(frozen=True, slots=True)
class Deed:
    """One audit row."""

    id: int
    at: int
    actor: str
    action: str
    object_kind: str
    object_id: str
    details: dict[str, Any]


class SqlLedger:
    """Reads what was noted; nothing here changes a deed."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def days(self, link_id: str, first_day: str) -> list[Day]:
        """Return the days on which something happened on a link, the newest first."""
        wanted = (
            select(link_views)
            .where(link_views.c.link_id == link_id, link_views.c.day >= first_day)
            .order_by(link_views.c.day.desc())
        )
        with self._store.read() as connection:
            return [Day(row.day, int(row.views), dict(row.refused)) for row in connection.execute(wanted)]

    def audit_page(self, query: _AuditQuery) -> tuple[list[Deed], int]:
        """Return one page of deeds, the newest first, and how many there are in all."""
        conditions = _conditions(query)
        wanted = (
            select(audit)
            .where(*conditions)
            .order_by(audit.c.id.desc())
            .limit(query.per_page)
            .offset((query.page - 1) * query.per_page)
        )
        with self._store.read() as connection:
            total = connection.execute(select(func.count()).select_from(audit).where(*conditions)).scalar_one()
            return [Deed(**row) for row in connection.execute(wanted).mappings()], int(total)

    def forget_days_before(self, day: str) -> int:
        """Remove the counts of days before this one; gives how many rows went. No memory depends on them."""
        with self._store.write(moves=False) as write:
            return int(write.connection.execute(delete(link_views).where(link_views.c.day < day)).rowcount)


def _conditions(query: _AuditQuery) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for column, value in (
        (audit.c.object_id, query.object_id),
        (audit.c.object_kind, query.object_kind),
        (audit.c.actor, query.actor),
    ):
        if value is not None:
            found.append(column == value)
    if query.action is not None:
        begins = query.action.removesuffix("*")
        found.append(
            audit.c.action.startswith(begins, autoescape=True)
            if query.action.endswith("*")
            else audit.c.action == query.action
        )
    if query.since is not None:
        found.append(audit.c.at >= query.since)
    if query.until is not None:
        found.append(audit.c.at < query.until)
    return found
