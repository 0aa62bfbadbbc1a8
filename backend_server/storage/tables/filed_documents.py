"""Whose a document is and where its bytes lie; fits `viewing.ports.DocumentRecords`."""

from __future__ import annotations

from sqlalchemy import select

from backend_server.viewing.model import FiledDocument

from ..engine.store import Store
from ..schema import documents
from .static_documents import StaticBodies


class SqlFiledDocuments:
    """Documents as rows."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._static = StaticBodies(store)

    def filed(self, uid: str) -> FiledDocument | None:
        """Find whose document it is and in which file it lies; None for an unknown uid."""
        columns = (documents.c.maker, documents.c.slot, documents.c.object_id, documents.c.file)
        with self._store.read() as connection:
            row = connection.execute(select(*columns).where(documents.c.uid == uid)).one_or_none()
            return None if row is None else FiledDocument(row.maker, row.slot, row.object_id, row.file)

    def provided_body(self, uid: str) -> bytes | None:
        """Return the bytes of a document that no device's template makes; None when there is none."""
        return self._static.body(uid)
