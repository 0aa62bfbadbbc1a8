"""Documents and their publications as rows: enqueued here, worked on by the reconcile pass (`work.py`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    insert,
    null,
    or_,
    select,
    true,
    update,
)

from backend_server.documents.status import (
    ENDED_STATES,
    LOOK_AGAIN,
    DocumentState,
    DocumentStatus,
    NewDocument,
    Wanted,
)
from backend_server.links.publication import SHARED_STATES, NewPublication, PublicationState
from backend_server.primitives.ids import DashboardUid, Maker

from ..engine.store import Write
from ..schema import documents, publications

_STATUS = (
    documents.c.uid,
    documents.c.maker,
    documents.c.slot,
    documents.c.object_id,
    documents.c.title,
    documents.c.wanted,
    documents.c.state,
    documents.c.reason,
    documents.c.dirty,
    documents.c.refresh,
    documents.c.loaded_hash.is_not(None).label("proven"),
)

_PUBLIC = exists().where(publications.c.document_uid == documents.c.uid, publications.c.state == PublicationState.LIVE)


def document_state(*, with_grafana: bool) -> ColumnElement[str]:
    """Say `DocumentStatus.serving_state` in SQL; a test holds the two together."""
    proven = or_(documents.c.loaded_hash.is_not(None), documents.c.state == DocumentState.LIVE)
    served = and_(documents.c.wanted == Wanted.PRESENT, proven)
    live, pending = DocumentState.LIVE.value, DocumentState.PENDING.value
    if with_grafana:
        return case((and_(served, _PUBLIC), live), (served, pending), else_=documents.c.state)
    return case((served, live), else_=documents.c.state)


def find_document(connection: Connection, uid: str, *, with_grafana: bool) -> DocumentStatus | None:
    """Return one document's status."""
    row = connection.execute(_statuses(with_grafana).where(documents.c.uid == uid)).mappings().one_or_none()
    return None if row is None else _status(row)


def documents_of_devices(
    connection: Connection, ids: Sequence[str], *, with_grafana: bool
) -> dict[str, list[DocumentStatus]]:
    """Return devices' documents by device id, ordered by slot."""
    found: dict[str, list[DocumentStatus]] = defaultdict(list)
    rows = connection.execute(
        _statuses(with_grafana)
        .where(documents.c.object_id.in_(ids), documents.c.maker == Maker.DEVICE.value)
        .order_by(documents.c.slot)
    )
    for row in rows.mappings():
        found[row["object_id"]].append(_status(row))
    return found


def add_documents(write: Write, new: Sequence[NewDocument]) -> None:
    """Enqueue documents that are not there yet: wanted, pending, dirty."""
    if new:
        write.connection.execute(
            insert(documents),
            [
                {
                    "uid": one.uid,
                    "maker": one.maker,
                    "slot": one.slot,
                    "object_id": one.object_id,
                    "title": one.title,
                    "file": one.file,
                    "wanted": Wanted.PRESENT,
                    "state": DocumentState.PENDING,
                    "template": one.template,
                    "refresh": one.refresh,
                    "attempts": 0,
                    "retry_at": 0,
                    "dirty": True,
                    "updated_at": write.now_ms,
                    "change": write.change,
                }
                for one in new
            ],
        )


def refresh_documents(write: Write, titles: Mapping[str, str]) -> None:
    """Mark documents (uid to title) as wanted and dirty; one that had failed, or was not wanted, begins anew."""
    if titles:
        unwanted = documents.c.wanted != Wanted.PRESENT
        ended = or_(*(documents.c.state == state for state in sorted(ENDED_STATES)))  # executemany takes no IN
        statement = (
            update(documents)
            .where(documents.c.uid == bindparam("of_uid"))
            .values(
                title=bindparam("new_title", type_=documents.c.title.type),
                wanted=Wanted.PRESENT,
                state=case(
                    (or_(unwanted, ended), DocumentState.PENDING.value),
                    else_=documents.c.state,
                ),
                # What was taken down is not proven any more; what failed is still served as it was before.
                loaded_hash=case((unwanted, null()), else_=documents.c.loaded_hash),
                **_dirty(write),
            )
        )
        write.connection.execute(statement, [{"of_uid": uid, "new_title": title} for uid, title in titles.items()])


def remove_documents(write: Write, uids: Sequence[str]) -> None:
    """Mark documents as not wanted and dirty; the pass takes them down and proves it."""
    if uids:
        state = case(
            (documents.c.state == DocumentState.GONE, DocumentState.GONE.value), else_=DocumentState.RETIRING.value
        )
        write.connection.execute(
            update(documents)
            .where(documents.c.uid.in_(uids))
            .values(wanted=Wanted.ABSENT, state=state, **_dirty(write))
        )


def touch_documents(write: Write, uids: Sequence[str]) -> None:
    """Mark documents as dirty, for what hangs on them changed."""
    if uids:
        write.connection.execute(update(documents).where(documents.c.uid.in_(uids)).values(**_dirty(write)))


def _dirty(write: Write) -> dict[str, object]:
    return {**LOOK_AGAIN, "updated_at": write.now_ms, "change": write.change}


def add_publications(write: Write, new: Sequence[NewPublication]) -> None:
    """Insert publications with the ids chosen for them, before any call."""
    if new:
        write.connection.execute(
            insert(publications),
            [
                {
                    "document_uid": one.document_uid,
                    "public_uid": one.public_uid,
                    "access_token": one.access_token,
                    "state": PublicationState.WANTED if one.wanted else PublicationState.GONE,
                    "updated_at": write.now_ms,
                }
                for one in new
            ],
        )


def set_publications(write: Write, wanted: Mapping[str, bool]) -> None:
    """Say by document uid whether its publication is wanted; one that already is as wanted stays untouched."""
    uids = publications.c.document_uid
    for want, state in ((True, PublicationState.WANTED), (False, PublicationState.UNWANTED)):
        other = [known for known in PublicationState if (known in SHARED_STATES) is not want]
        chosen = [uid for uid, is_wanted in wanted.items() if is_wanted is want]
        if chosen:
            write.connection.execute(
                update(publications)
                .where(and_(uids.in_(chosen), publications.c.state.in_(other)))
                .values(state=state, updated_at=write.now_ms)
            )


def delete_documents_of(connection: Connection, device_ids: Sequence[str]) -> None:
    """Remove devices' documents, and with them their publications."""
    connection.execute(
        delete(documents).where(documents.c.object_id.in_(device_ids), documents.c.maker == Maker.DEVICE.value)
    )


def _statuses(with_grafana: bool) -> Select[Any]:
    """Statuses of documents; without Grafana there is nothing to publish, and nothing to wait for."""
    published: ColumnElement[bool] = _PUBLIC if with_grafana else true()
    return select(*_STATUS, published.label("published"))


def _status(row: RowMapping) -> DocumentStatus:
    return DocumentStatus(
        uid=DashboardUid(row["uid"]),
        maker=row["maker"],
        slot=row["slot"],
        object_id=row["object_id"],
        title=row["title"],
        wanted=Wanted(row["wanted"]),
        state=DocumentState(row["state"]),
        reason=row["reason"],
        dirty=bool(row["dirty"]),
        proven=bool(row["proven"]),
        refresh=row["refresh"],
        published=bool(row["published"]),
    )
