"""The audit as JSON-ready rows of one object or one actor, newest first."""

from __future__ import annotations

from datetime import UTC, datetime

from backend_server.primitives.clock import format_time
from backend_server.storage.ledger import AuditFilter, SqlLedger
from backend_server.storage.store import Store


def audit_page(
    store: Store, *, object_id: str | None = None, actor: str | None = None, page: int = 1, per_page: int = 100
) -> tuple[list[dict[str, object]], int]:
    """Give one page of what was done, and how many rows there are in all."""
    rows, total = SqlLedger(store).audit_page(
        AuditFilter(object_id=object_id, actor=actor, page=page, per_page=per_page)
    )
    return [
        {
            "at": format_time(datetime.fromtimestamp(row.at / 1000, UTC)),
            "actor": row.actor,
            "action": row.action,
            "object_kind": row.object_kind,
            "object_id": row.object_id,
            "details": row.details,
        }
        for row in rows
    ], total
