"""Our records of what is public in Grafana; fits `viewing.ports.Publications`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from sqlalchemy import select

from backend_server.links.publication import SHARED_STATES
from backend_server.primitives.memory import Guarded

from ..engine.store import Store
from ..engine.topics import Topic
from ..schema import publications


class StoredPublications:
    """Grafana's own tokens of our documents, in a memory that is right as of each request."""

    def __init__(self, store: Store) -> None:
        self.tokens: Guarded[Mapping[str, str | None]] = Guarded(partial(_Tokens, store), store.number_of(Topic.LINKS))


class _Tokens(dict[str, "str | None"]):
    """Tokens by document uid, each read from the store when it is first asked for."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store

    def __missing__(self, document_uid: str) -> str | None:
        wanted = select(publications.c.access_token).where(
            publications.c.document_uid == document_uid, publications.c.state.in_(sorted(SHARED_STATES))
        )
        with self._store.read() as connection:
            token = connection.execute(wanted).scalar_one_or_none()
        found = self[document_uid] = None if token is None else str(token)
        return found
