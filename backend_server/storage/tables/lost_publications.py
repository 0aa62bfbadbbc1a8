"""Publications that Grafana may have lost: which one to look at next, and marking one that a visitor did not get."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from sqlalchemy import ColumnElement, Connection, and_, select, update

from backend_server.documents.status import LOOK_AGAIN, Wanted
from backend_server.errors import DashwrightError
from backend_server.links.publication import PublicationState

from ..engine.store import Store
from ..engine.topics import Topic
from ..schema import documents, publications

# A document is marked at most this often by one process, however many visitors ask for it.
_AGAIN_SECONDS = 30.0
_MOST_REMEMBERED = 10_000


def _settled() -> ColumnElement[bool]:
    """Published as recorded, with no work under way that would look at it anyway."""
    return and_(
        publications.c.state == PublicationState.LIVE,
        documents.c.wanted == Wanted.PRESENT,
        documents.c.dirty.is_(False),
    )


def published_after(connection: Connection, uid: str) -> str | None:
    """Return the next uid, in their order, whose publication is recorded as live; after the last comes the first."""
    query = (
        select(documents.c.uid)
        .select_from(documents.join(publications))
        .where(_settled())
        .order_by(documents.c.uid)
        .limit(1)
    )
    found = connection.execute(query.where(documents.c.uid > uid)).scalar_one_or_none()
    return found or connection.execute(query).scalar_one_or_none()


class LostPublications:
    """Marks documents whose public dashboard Grafana denied a visitor, so that the worker restores them at once."""

    def __init__(
        self,
        store: Store,
        *,
        on_failure: Callable[[DashwrightError], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._on_failure = on_failure
        self._monotonic = monotonic
        self._marked: dict[str, float] = {}
        self._lock = threading.Lock()

    def mark(self, uid: str) -> None:
        """Mark a document to be proven and published again, unless that is under way; called from any thread."""
        with self._lock:
            now = self._monotonic()
            if now - self._marked.get(uid, float("-inf")) < _AGAIN_SECONDS:
                return
            if len(self._marked) >= _MOST_REMEMBERED:
                self._marked.clear()
            self._marked[uid] = now
        try:
            self._write(uid)
        except DashwrightError as fault:
            self._on_failure(fault)

    def _write(self, uid: str) -> None:
        of_it = documents.c.uid == uid
        with self._store.write(Topic.LINKS) as write:
            there = select(documents.c.uid).select_from(documents.join(publications)).where(of_it, _settled())
            if write.connection.execute(there).scalar_one_or_none() is None:
                write.discard()
                return
            write.connection.execute(
                update(publications)
                .where(publications.c.document_uid == uid)
                .values(state=PublicationState.WANTED, updated_at=write.now_ms)
            )
            write.connection.execute(
                update(documents)
                .where(of_it)
                .values(
                    loaded_hash=None,
                    **LOOK_AGAIN,
                    updated_at=write.now_ms,
                    change=write.change,
                )
            )
