"""Static documents as rows: bytes that no template fills, as a maker, a pack or a person gave them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, delete, insert, select

from backend_server.documents.document import Document
from backend_server.documents.static_document import StaticDocument, StaticDocumentStatus
from backend_server.documents.status import DocumentState
from backend_server.primitives.chunks import chunks
from backend_server.primitives.ids import DashboardUid
from backend_server.registry.model import MakerSlot

from ..engine.store import Transactions, Write
from ..schema import documents, provided_documents


def find_static(connection: Connection, uids: Sequence[str]) -> dict[str, StaticDocument]:
    """Return static documents without their bytes, by uid."""
    rows = provided_documents.c
    found: dict[str, StaticDocument] = {}
    for part in chunks(uids):
        query = select(rows.uid, rows.title, rows.content, rows.version).where(rows.uid.in_(part))
        for uid, title, content, version in connection.execute(query):
            found[uid] = StaticDocument(DashboardUid(uid), title, content, version)
    return found


def static_body(connection: Connection, uid: str) -> bytes | None:
    """Return the bytes of a static document."""
    query = select(provided_documents.c.body).where(provided_documents.c.uid == uid)
    body = connection.execute(query).scalar_one_or_none()
    return None if body is None else str(body).encode()


@dataclass(frozen=True, slots=True)
class StaticDocumentRows:
    """The static documents of one snapshot; fits `registry.ports.ReadStaticDocuments`."""

    connection: Connection

    def listed(self, slot: MakerSlot) -> list[StaticDocumentStatus]:
        """Return what stands in a maker's slot, in order of the objects' ids, with how far each document has come."""
        rows = provided_documents.c
        query = (
            select(
                rows.uid,
                rows.object_id,
                rows.title,
                rows.content,
                rows.version,
                documents.c.file,
                documents.c.wanted,
                documents.c.state,
                documents.c.reason,
                documents.c.dirty,
            )
            .select_from(provided_documents.join(documents, documents.c.uid == rows.uid))
            .where(rows.maker == slot.maker.value, rows.slot == slot.slot)
            .order_by(rows.object_id)
        )
        return [_status(row) for row in self.connection.execute(query).mappings()]

    def body(self, uid: str) -> bytes | None:
        """Return the bytes of a static document."""
        return static_body(self.connection, uid)


@dataclass(frozen=True, slots=True)
class StaticDocumentTable(StaticDocumentRows):
    """The static documents in a write; fits `registry.ports.WriteStaticDocuments`."""

    write: Write

    def put(self, given: Sequence[tuple[Document, str]]) -> None:
        """Store documents, each with its version, in place of what stood under their uids."""
        self.delete([document.uid for document, _ in given])
        if given:
            self.connection.execute(
                insert(provided_documents),
                [
                    {
                        "uid": document.uid,
                        "maker": document.maker.value,
                        "slot": document.slot,
                        "object_id": document.object_id,
                        "title": document.title,
                        "version": version,
                        "content": document.content,
                        "body": document.body.decode(),
                        "updated_at": self.write.now_ms,
                        "change": self.write.change,
                    }
                    for document, version in given
                ],
            )

    def delete(self, uids: Sequence[str]) -> None:
        """Delete the bytes of documents; their rows in `documents` are taken down by the pass."""
        for part in chunks(uids):
            self.connection.execute(delete(provided_documents).where(provided_documents.c.uid.in_(part)))


class StaticBodies:
    """The static documents of one store, for the pass, and for visitors whose document's file is not written yet."""

    def __init__(self, store: Transactions) -> None:
        self._store = store

    def find(self, uids: Sequence[str]) -> dict[str, StaticDocument]:
        """Return the static documents of these uids, without the bytes."""
        with self._store.read() as connection:
            return find_static(connection, uids)

    def body_of(self, uid: str, content: str) -> bytes | None:
        """Return the bytes of a static document; None when it no longer has this content."""
        with self._store.read() as connection:
            found = find_static(connection, [uid]).get(uid)
            return static_body(connection, uid) if found is not None and found.content == content else None

    def body(self, uid: str) -> bytes | None:
        """Return the bytes of a static document; None when nobody publishes it (any more)."""
        with self._store.read() as connection:
            return static_body(connection, uid)


def _status(row: RowMapping) -> StaticDocumentStatus:
    return StaticDocumentStatus(
        uid=DashboardUid(row["uid"]),
        object_id=row["object_id"],
        title=row["title"],
        content=row["content"],
        version=row["version"],
        file=row["file"],
        state=DocumentState(row["state"]).newest(dirty=bool(row["dirty"])),
        reason=row["reason"],
    )
