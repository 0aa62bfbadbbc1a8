"""Who did what: rows are added in the transaction of the change, and never changed or removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import insert

from ..engine.store import Write
from ..schema import audit


def add_events(
    write: Write, *, actor: str, action: str, kind: str, object_ids: Sequence[str], details: Mapping[str, object]
) -> None:
    """Add one event per object, e.g. `add_events(write, actor="ann", action="retire", kind="device", …)`."""
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


class AuditTable:
    """The audit in a write; fits `registry.ports.Audit`."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def add(self, actor: str, action: str, kind: str, object_ids: Sequence[str], details: Mapping[str, object]) -> None:
        """Add one event per object."""
        add_events(self._write, actor=actor, action=action, kind=kind, object_ids=object_ids, details=details)
