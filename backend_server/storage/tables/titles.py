"""Documents by their titles: who bears one, and who waits for one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import select

from backend_server.documents.status import DocumentState, Wanted
from backend_server.primitives.chunks import chunks
from backend_server.reconcile.model import DocumentRow

from ..engine.store import Transactions
from ..schema import documents
from .document_record import document_rows, read_without_devices


class Titles:
    """The titles of one store's documents."""

    def __init__(self, store: Transactions) -> None:
        self._store = store

    def bearers(self, titles: Collection[str]) -> Mapping[str, list[tuple[str, str, str]]]:
        """Return (uid, file, object id) of the wanted documents that bear each of the titles."""
        bearers: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        columns = (documents.c.title, documents.c.uid, documents.c.file, documents.c.object_id)
        with self._store.read() as connection:
            for part in chunks(sorted(titles)):
                query = select(*columns).where(documents.c.title.in_(part), documents.c.wanted == Wanted.PRESENT)
                for title, uid, file, object_id in connection.execute(query):
                    bearers[title].append((uid, file, object_id))
        return bearers

    def failed_because(self, begin: str) -> tuple[DocumentRow, ...]:
        """Return the wanted documents at rest that failed for a reason that begins so."""
        query = document_rows().where(
            documents.c.state == DocumentState.FAILED,
            documents.c.wanted == Wanted.PRESENT,
            documents.c.dirty.is_(False),
            documents.c.reason.startswith(begin, autoescape=True),
        )
        with self._store.read() as connection:
            return read_without_devices(connection, query)
