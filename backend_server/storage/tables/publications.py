"""Our records of what is public in Grafana; fits `viewing.ports.Publications`."""

from __future__ import annotations

from sqlalchemy import select

from backend_server.links.publication import SHARED_STATES

from ..engine.store import Store
from ..schema import publications


class StoredPublications:
    """Grafana's own tokens of our documents."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def access_token(self, document_uid: str) -> str | None:
        """Return Grafana's token of a document that is or is to be public; it must never reach a browser."""
        wanted = select(publications.c.access_token).where(
            publications.c.document_uid == document_uid, publications.c.state.in_(sorted(SHARED_STATES))
        )
        with self._store.read() as connection:
            found = connection.execute(wanted).scalar_one_or_none()
            return None if found is None else str(found)
