"""Documents and their publications as rows: enqueued here, worked on by the reconcile pass (`work.py`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, bindparam, delete, insert, select, true, update

from backend_server.documents.status import LOOK_AGAIN, DocumentState, DocumentStatus, NewDocument, Wanted
from backend_server.links.publication import SHARED_STATES, NewPublication, PublicationState
from backend_server.primitives.ids import DashboardUid, Maker

from ..engine.store import Write
from ..schema import documents, publications
from .states import is_public

_STATUS = (
    documents.c.uid,
    documents.c.maker,
    documents.c.slot,
    documents.c.object_id,
    documents.c.title,
    documents.c.file,
    documents.c.wanted,
    documents.c.state,
    documents.c.reason,
    documents.c.dirty,
    documents.c.refresh,
    documents.c.loaded_hash.is_not(None).label("proven"),
)


class DocumentRows:
    """The documents of one snapshot; fits `registry.ports.ReadDocuments`.

    `with_grafana`: what visitors see waits for its public dashboard.
    """

    def __init__(self, connection: Connection, *, with_grafana: bool) -> None:
        self._connection = connection
        # Without Grafana there is nothing to publish, and nothing to wait for.
        published: ColumnElement[bool] = is_public if with_grafana else true()
        self._statuses: Select[Any] = select(*_STATUS, published.label("published"))

    def find(self, uids: Sequence[str]) -> dict[str, DocumentStatus]:
        """Return the documents that have a row, by uid."""
        rows = self._connection.execute(self._statuses.where(documents.c.uid.in_(uids))).mappings()
        return {row["uid"]: _status(row) for row in rows}

    def of_devices(self, ids: Sequence[str]) -> dict[str, list[DocumentStatus]]:
        """Return devices' documents by device id, ordered by slot."""
        found: dict[str, list[DocumentStatus]] = defaultdict(list)
        wanted = self._statuses.where(documents.c.object_id.in_(ids), documents.c.maker == Maker.DEVICE.value)
        for row in self._connection.execute(wanted.order_by(documents.c.slot)).mappings():
            found[row["object_id"]].append(_status(row))
        return found

    def of_maker(self, maker: Maker) -> list[DocumentStatus]:
        """Return all documents of a maker, in order of uid."""
        wanted = self._statuses.where(documents.c.maker == maker.value).order_by(documents.c.uid)
        return [_status(row) for row in self._connection.execute(wanted).mappings()]

    def besides_devices(self, most: int) -> list[tuple[str, str]]:
        """Return `(uid, title)` of the first wanted documents that are no device's, by title."""
        wanted = (
            select(documents.c.uid, documents.c.title)
            .where(documents.c.maker != Maker.DEVICE.value, documents.c.wanted == Wanted.PRESENT)
            .order_by(documents.c.title, documents.c.uid)
            .limit(most)
        )
        return [(str(uid), str(title)) for uid, title in self._connection.execute(wanted)]


class DocumentTable(DocumentRows):
    """The documents in a write; fits `registry.ports.WriteDocuments`."""

    def __init__(self, write: Write, *, with_grafana: bool) -> None:
        super().__init__(write.connection, with_grafana=with_grafana)
        self._touched = {**LOOK_AGAIN, "updated_at": write.now_ms, "change": write.change}

    def add(self, new: Sequence[NewDocument]) -> None:
        """Insert documents: wanted, pending, to be looked at by the next pass."""
        if new:
            self._connection.execute(
                insert(documents),
                [
                    {
                        "uid": document.uid,
                        "maker": document.maker,
                        "slot": document.slot,
                        "object_id": document.object_id,
                        "title": document.title,
                        "file": document.file,
                        "wanted": Wanted.PRESENT,
                        "state": DocumentState.PENDING,
                        "template": document.template,
                        "refresh": document.refresh,
                        **self._touched,
                    }
                    for document in new
                ],
            )

    def update(self, rows: Sequence[DocumentStatus]) -> None:
        """Write title, wanted, state and reason; the next pass looks at them. What is not proven forgets its proof."""
        written: dict[str, object] = {name: bindparam(f"to_{name}") for name in ("title", "wanted", "state", "reason")}
        statement = update(documents).where(documents.c.uid == bindparam("of_uid")).values(**written, **self._touched)
        for proven, values in ((True, statement), (False, statement.values(loaded_hash=None))):
            parameters = [
                {
                    "of_uid": row.uid,
                    "to_title": row.title,
                    "to_wanted": row.wanted,
                    "to_state": row.state,
                    "to_reason": row.reason,
                }
                for row in rows
                if row.proven is proven
            ]
            if parameters:
                self._connection.execute(values, parameters)

    def touch(self, uids: Sequence[str]) -> None:
        """Mark documents for the next pass, since what hangs on them changed."""
        if uids:
            self._connection.execute(update(documents).where(documents.c.uid.in_(uids)).values(**self._touched))


class PublicationTable:
    """Publications in a write; fits `registry.ports.Publications`."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def add(self, new: Sequence[NewPublication]) -> None:
        """Insert publications with the ids chosen for them, before any call."""
        if new:
            self._write.connection.execute(
                insert(publications),
                [
                    {
                        "document_uid": publication.document_uid,
                        "public_uid": publication.public_uid,
                        "access_token": publication.access_token,
                        "state": PublicationState.WANTED if publication.wanted else PublicationState.GONE,
                        "updated_at": self._write.now_ms,
                    }
                    for publication in new
                ],
            )

    def want(self, wanted: Mapping[str, bool]) -> None:
        """Write by document uid whether its publication is wanted; one that already is as wanted stays untouched."""
        for is_wanted, state in ((True, PublicationState.WANTED), (False, PublicationState.UNWANTED)):
            other = [known for known in PublicationState if (known in SHARED_STATES) is not is_wanted]
            uids = [uid for uid, wish in wanted.items() if wish is is_wanted]
            if uids:
                self._write.connection.execute(
                    update(publications)
                    .where(publications.c.document_uid.in_(uids), publications.c.state.in_(other))
                    .values(state=state, updated_at=self._write.now_ms)
                )


def delete_documents_of(connection: Connection, device_ids: Sequence[str]) -> None:
    """Remove devices' documents, and with them their publications."""
    connection.execute(
        delete(documents).where(documents.c.object_id.in_(device_ids), documents.c.maker == Maker.DEVICE.value)
    )


def _status(row: RowMapping) -> DocumentStatus:
    return DocumentStatus(
        uid=DashboardUid(row["uid"]),
        maker=row["maker"],
        slot=row["slot"],
        object_id=row["object_id"],
        title=row["title"],
        file=row["file"],
        wanted=Wanted(row["wanted"]),
        state=DocumentState(row["state"]),
        reason=row["reason"],
        dirty=bool(row["dirty"]),
        proven=bool(row["proven"]),
        refresh=row["refresh"],
        published=bool(row["published"]),
    )
