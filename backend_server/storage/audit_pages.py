"""Reading the audit page by page, newest first."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import func, select

from backend_server.primitives.clock import format_time
from backend_server.storage.schema import audit
from backend_server.storage.store import Store


def audit_page(
    store: Store, *, object_id: str | None = None, actor: str | None = None, page: int = 1, per_page: int = 100
) -> tuple[list[dict[str, object]], int]:
    """Give one page of what was done as JSON-ready rows, and how many rows there are in all."""
    conditions = []
    if object_id is not None:
        conditions.append(audit.c.object_id == object_id)
    if actor is not None:
        conditions.append(audit.c.actor == actor)
    with store.read() as connection:
        total = connection.execute(select(func.count()).select_from(audit).where(*conditions)).scalar_one()
        rows = connection.execute(
            select(audit).where(*conditions).order_by(audit.c.id.desc()).limit(per_page).offset((page - 1) * per_page)
        )
        return [
            {
                "at": format_time(datetime.fromtimestamp(row["at"] / 1000, UTC)),
                "actor": row["actor"],
                "action": row["action"],
                "object_kind": row["object_kind"],
                "object_id": row["object_id"],
                "details": row["details"],
            }
            for row in rows.mappings()
        ], int(total)
