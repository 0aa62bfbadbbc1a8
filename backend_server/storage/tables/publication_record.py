"""Publications as a reconcile pass looks at them: which one to compare next, and which ones visitors miss."""

from __future__ import annotations

from backend_server.reconcile.model import DocumentRow

from ..engine.store import Transactions
from ..schema import documents
from .document_record import document_rows, read_without_devices
from .missed_publications import asked_since, published_after


class PublicationRecord:
    """The publications of one store; fits `reconcile.ports.PublicationRecord`."""

    def __init__(self, store: Transactions) -> None:
        self._store = store

    def published_after(self, uid: str) -> DocumentRow | None:
        """Return the next settled document, in order of uids, that is public as recorded; after the last, the first."""
        with self._store.read() as connection:
            found = published_after(connection, uid)
            rows = read_without_devices(connection, document_rows().where(documents.c.uid == found)) if found else ()
            return rows[0] if rows else None

    def asked_since(self, moment_ms: int) -> tuple[str, ...]:
        """Return the uids that visitors asked for since a moment and did not get, the latest first."""
        with self._store.read() as connection:
            return asked_since(connection, moment_ms)
