"""The rows of fleet documents, which come and go with their template, and what hangs on them."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence

from sqlalchemy import insert, null, select, update

from backend_server.documents.status import LOOK_AGAIN, DocumentState, Wanted
from backend_server.links.publication import PublicationState
from backend_server.primitives.ids import Maker, new_token
from backend_server.reconcile.model import FleetRow

from ..engine.store import Write
from ..schema import documents, links, publications
from .documents import set_publications


def ensure_fleet(write: Write, wanted: Sequence[FleetRow]) -> None:
    """Have exactly these fleet rows wanted: missing ones are made with ids of their own, others asked to leave.

    The links to one that leaves are over at once; one that comes back has the same ones. Writes nothing when all is so.
    """
    query = select(documents.c.uid, documents.c.wanted).where(documents.c.maker == Maker.FLEET.value)
    existing = {uid: state for uid, state in write.connection.execute(query)}  # noqa: C416  a Row is no tuple to mypy
    new = [row for row in wanted if row.uid not in existing]
    back = [row.uid for row in wanted if existing.get(row.uid) == Wanted.ABSENT]
    leaving = [uid for uid in existing.keys() - {row.uid for row in wanted} if existing[uid] == Wanted.PRESENT]
    if not new and not back and not leaving:
        write.discard()
        return
    for row in new:
        _insert(write, row)
    _turn(write, back, wanted=Wanted.PRESENT, state=DocumentState.PENDING)
    _suspend(write, back, at=None)
    _turn(write, leaving, wanted=Wanted.ABSENT, state=DocumentState.RETIRING)
    _suspend(write, leaving, at=write.now_ms)
    used = select(links.c.document_uid).where(links.c.document_uid.in_(back), links.c.revoked_at.is_(None))
    public = set(write.connection.execute(used).scalars())
    set_publications(write, {uid: uid in public for uid in (*back, *leaving)})


def _turn(write: Write, uids: Collection[str], *, wanted: Wanted, state: DocumentState) -> None:
    values: dict[str, object] = {"wanted": wanted, "state": state, "reason": None}
    if wanted is Wanted.PRESENT:
        values["loaded_hash"] = null()  # what was taken down is not proven any more
    write.connection.execute(
        update(documents)
        .where(documents.c.uid.in_(uids))
        .values(**values, **LOOK_AGAIN, updated_at=write.now_ms, change=write.change)
    )


def _suspend(write: Write, uids: Collection[str], *, at: int | None) -> None:
    other = links.c.suspended_at.is_not(None) if at is None else links.c.suspended_at.is_(None)
    write.connection.execute(
        update(links)
        .where(links.c.document_uid.in_(uids), other)
        .values(suspended_at=at, updated_at=write.now_ms, change=write.change)
    )


def _insert(write: Write, row: FleetRow) -> None:
    write.connection.execute(
        insert(documents).values(
            uid=row.uid,
            maker=Maker.FLEET.value,
            slot=row.slot,
            object_id="",
            title=row.title,
            file=row.file,
            wanted=Wanted.PRESENT,
            state=DocumentState.PENDING,
            **LOOK_AGAIN,
            updated_at=write.now_ms,
            change=write.change,
        )
    )
    write.connection.execute(
        insert(publications).values(
            document_uid=row.uid,
            public_uid=secrets.token_hex(16),
            access_token=new_token(),
            state=PublicationState.GONE,  # not public until somebody makes a link to it
            updated_at=write.now_ms,
        )
    )
