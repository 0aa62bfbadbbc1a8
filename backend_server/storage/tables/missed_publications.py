"""Publications that visitors miss: which one to look at next, and what is noted of one that a visitor did not get."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from sqlalchemy import ColumnElement, Connection, and_, select, update

from backend_server.documents.status import LOOK_AGAIN, Wanted
from backend_server.errors import DashwrightError
from backend_server.links.publication import PublicationState
from backend_server.primitives.chunks import chunks

from ..engine.store import Store
from ..engine.topics import Topic
from ..schema import documents, publications

# A document is marked at most this often by one process, however many visitors ask for it.
_AGAIN_SECONDS = 30.0
_MOST_REMEMBERED = 10_000
_GATHER_SECONDS = 0.2  # those asked for meanwhile are noted in one write
_MOST_ASKED = 200


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


def asked_since(connection: Connection, moment_ms: int) -> tuple[str, ...]:
    """Return the uids that were asked for in vain since a moment, the latest first."""
    query = (
        select(publications.c.document_uid)
        .where(publications.c.asked_at >= moment_ms)
        .order_by(publications.c.asked_at.desc(), publications.c.document_uid)
        .limit(_MOST_ASKED)
    )
    return tuple(str(uid) for uid in connection.execute(query).scalars())


class MissedPublications:
    """Notes what visitors asked for and did not get: the worker restores it, and before what nobody asks for."""

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
        self._lost: dict[str, float] = {}
        self._asked: dict[str, float] = {}
        self._gathered: set[str] = set()
        self._lock = threading.Lock()

    def lost(self, uid: str) -> None:
        """Mark a document to be proven and published again, unless that is under way; called from any thread."""
        with self._lock:
            if not self._is_time(self._lost, uid):
                return
        try:
            self._write_lost(uid)
        except DashwrightError as fault:
            self._on_failure(fault)

    def asked(self, uid: str) -> None:
        """Note that a visitor waits for a document; no visitor waits for this to be written."""
        with self._lock:
            if not self._is_time(self._asked, uid):
                return
            begins = not self._gathered
            self._gathered.add(uid)
        if begins:
            threading.Thread(target=self._write_asked, name="asked-for", daemon=True).start()

    def _is_time(self, marked: dict[str, float], uid: str) -> bool:
        now = self._monotonic()
        if now - marked.get(uid, float("-inf")) < _AGAIN_SECONDS:
            return False
        if len(marked) >= _MOST_REMEMBERED:
            marked.clear()
        marked[uid] = now
        return True

    def _write_asked(self) -> None:
        time.sleep(_GATHER_SECONDS)
        with self._lock:
            gathered, self._gathered = self._gathered, set()
        try:
            with self._store.write(moves=False) as write:
                for part in chunks(sorted(gathered)):
                    asked = update(publications).where(publications.c.document_uid.in_(part))
                    write.connection.execute(asked.values(asked_at=write.now_ms))
        except DashwrightError as fault:
            self._on_failure(fault)

    def _write_lost(self, uid: str) -> None:
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
