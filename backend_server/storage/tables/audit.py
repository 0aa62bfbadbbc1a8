"""Who did what: rows are added in the transaction of the deed, and never changed or removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from ..engine.store import Write
from ..schema import audit


def note(
    write: Write, *, actor: str, action: str, kind: str, object_ids: Sequence[str], details: Mapping[str, object]
) -> None:
    """Add one row per object, e.g. `note(write, actor="ann", action="retire", kind="device", …)`."""
    if object_ids:
        write.connection.execute(
            insert(audit),
            [
                {
                    "at": write.now_ms,
                    "actor": actor[:128],
                    "action": action,
                    "object_kind": kind,
                    "object_id": object_id,
                    "details": dict(details),
                }
                for object_id in object_ids
            ],
        )


def recent(connection: Connection, *, object_id: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
    """Return the newest rows first, of one object or of all."""
    wanted = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if object_id is not None:
        wanted = wanted.where(audit.c.object_id == object_id)
    return [dict(row) for row in connection.execute(wanted).mappings()]
