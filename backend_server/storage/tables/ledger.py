"""The ledger's rows: audit events, and counts by link and day; fits `ledger.ports.LedgerRecords`."""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, func, select

from backend_server.ledger.model import AuditEvent, AuditQuery, DayCount

from ..engine.rows import RowReader
from ..engine.store import Store
from ..schema import audit, link_views

_DAYS = RowReader(DayCount, link_views)
_EVENTS = RowReader(AuditEvent, audit)


class SqlLedger:
    """Reads what was noted; nothing here changes an audit event."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def days(self, link_id: str, first_day: str) -> list[DayCount]:
        """Return the days on which something happened on a link, the newest first."""
        wanted = (
            select(*_DAYS.columns)
            .where(link_views.c.link_id == link_id, link_views.c.day >= first_day)
            .order_by(link_views.c.day.desc())
        )
        with self._store.read() as connection:
            return [_DAYS.read(row) for row in connection.execute(wanted)]

    def audit_page(self, query: AuditQuery) -> tuple[list[AuditEvent], int]:
        """Return one page of audit events, the newest first, and how many there are in all."""
        conditions = _conditions(query)
        wanted = (
            select(*_EVENTS.columns)
            .where(*conditions)
            .order_by(audit.c.id.desc())
            .limit(query.per_page)
            .offset((query.page - 1) * query.per_page)
        )
        with self._store.read() as connection:
            total = connection.execute(select(func.count()).select_from(audit).where(*conditions)).scalar_one()
            return [_EVENTS.read(row) for row in connection.execute(wanted)], int(total)

    def forget_days_before(self, day: str) -> int:
        """Remove the counts of days before this one; returns the number of rows. No memory depends on them."""
        with self._store.write(moves=False) as write:
            return int(write.connection.execute(delete(link_views).where(link_views.c.day < day)).rowcount)


def _conditions(query: AuditQuery) -> list[ColumnElement[bool]]:
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
