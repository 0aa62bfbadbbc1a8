"""Static documents: those that no template fills, published as they are and withdrawn again.

The generator, packs and people use it. What it is given is already checked and stamped. A document that comes again
with other bytes keeps its uid and its links; one that is withdrawn ends its links at once, and coming back it has the
same ones.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from backend_server.documents.document import Document
from backend_server.documents.refresh import own_refresh
from backend_server.documents.static_document import StaticDocumentStatus
from backend_server.documents.status import DocumentStatus, NewDocument
from backend_server.errors import Conflict, InvalidInput, NotFound, Problem
from backend_server.primitives.ids import DashboardUid, shared_file

from .model import MakerSlot, PublishOutcome
from .ports import Records, WriteTransaction
from .wanted_documents import DocumentSet, Occasion, WantedDocument, plan_wanted, write_changes

MOST_AT_ONCE = 500


class StaticDocuments:
    """Publishes and withdraws documents, each call in one transaction."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def list(self, slot: MakerSlot) -> Sequence[StaticDocumentStatus]:
        """Return what a maker publishes in a slot, in order of the objects' ids."""
        with self._records.reading() as tx:
            return tx.static_documents.listed(slot)

    def body(self, uid: str) -> bytes | None:
        """Return the bytes of a static document."""
        with self._records.reading() as tx:
            return tx.static_documents.body(uid)

    def publish(
        self,
        documents: Sequence[Document],
        slot: MakerSlot,
        *,
        folder: str,
        by: str,
        version: str = "",
        prune: bool = False,
    ) -> PublishOutcome:
        """Ensure that these documents are wanted; repeatable, and writes nothing then.

        Args:
            documents: all of this slot.
            folder: the Grafana folder of those that are new; a document's file never moves.
            version: what they were made of, kept beside them.
            prune: withdraw the slot's other documents, rather than leave them.

        Raises:
            InvalidInput: a folder that cannot be one, two documents of one title, or more than 500 at once.
            Conflict: a document stands in another folder already.
        """
        _check(documents, folder)
        given = {document.uid for document in documents}
        with self._records.writing() as tx:
            stands = {static.uid: static for static in tx.static_documents.listed(slot)}
            rows = tx.documents.find([*given, *stands])
            compared = _compare(documents, rows, {uid: static.content for uid, static in stands.items()}, folder)
            others = tuple(uid for uid in stands if uid not in given)
            outcome = PublishOutcome(
                _uids(compared.created),
                _uids(compared.changed),
                _uids(compared.unchanged),
                withdrawn=others if prune else (),
                left=() if prune else others,
            )
            if outcome.empty:
                tx.discard()
                return outcome
            tx.static_documents.put([(document, version) for document in (*compared.created, *compared.changed)])
            wanted = [_wanted(document, folder) for document in (*compared.created, *compared.changed)]
            moving = [rows[uid] for uid in (*outcome.changed, *outcome.withdrawn)]
            _change(tx, moving, wanted, by)
            about = {"version": version}
            tx.audit.add(by, "document.provide", "document", outcome.created, {**about, "folder": folder})
            tx.audit.add(by, "document.provide", "document", outcome.changed, about)
            _forget(tx, outcome.withdrawn, by)
        return outcome

    def withdraw(self, slot: MakerSlot, uids: Collection[str], by: str) -> Sequence[StaticDocumentStatus]:
        """Withdraw documents; returns them as they were. Raises NotFound for one that is not published."""
        with self._records.writing() as tx:
            existing = {static.uid: static for static in tx.static_documents.listed(slot)}
            missing = [uid for uid in uids if uid not in existing]
            if missing:
                raise NotFound(f"No such document is published: {missing[0]}.", details={"document": missing[0]})
            if not uids:
                tx.discard()
            rows = tx.documents.find(list(uids))
            _change(tx, [rows[uid] for uid in uids], [], by)
            _forget(tx, list(uids), by)
        return [existing[DashboardUid(uid)] for uid in uids]


@dataclass(slots=True)
class _Compared:
    created: list[Document] = field(default_factory=list)
    changed: list[Document] = field(default_factory=list)
    unchanged: list[Document] = field(default_factory=list)


def _compare(
    documents: Sequence[Document], rows: Mapping[str, DocumentStatus], contents: Mapping[str, str], folder: str
) -> _Compared:
    compared = _Compared()
    for document in documents:
        row = rows.get(document.uid)
        if row is None:
            compared.created.append(document)
            continue
        if row.file != shared_file(folder, document.uid):
            raise Conflict(
                f"{document.object_id!r} stands in the folder {row.file.split('/')[1]!r}, and a document's file "
                "never moves; use that folder.",
                details={"document": document.uid},
            )
        is_same = row.is_wanted and contents.get(document.uid) == document.content
        (compared.unchanged if is_same else compared.changed).append(document)
    return compared


def _check(documents: Sequence[Document], folder: str) -> None:
    shared_file(folder, "x")  # refuses what cannot be a folder
    problems = []
    if len(documents) > MOST_AT_ONCE:
        problems.append(Problem("", f"are {len(documents)} dashboards; at most {MOST_AT_ONCE} at once"))
    seen: dict[str, str] = {}
    for document in documents:
        other = seen.setdefault(document.title, document.object_id)
        if other != document.object_id:
            words = f"has the title of {other}, {document.title!r}; Grafana would save neither"
            problems.append(Problem(document.object_id, words))
    if problems:
        raise InvalidInput(problems, what="What is to be published")


def _wanted(document: Document, folder: str) -> WantedDocument:
    """Return the document without a default link: it is not public until somebody creates a link to it."""
    return WantedDocument(
        NewDocument(
            document.uid,
            document.maker.value,
            document.slot,
            document.object_id,
            document.title,
            shared_file(folder, document.uid),
            template=None,
            refresh=own_refresh(orjson.loads(document.body)),
        )
    )


def _change(tx: WriteTransaction, rows: Sequence[DocumentStatus], wanted: Sequence[WantedDocument], by: str) -> None:
    links = tx.links.of_documents([row.uid for row in rows])
    write_changes(tx, [plan_wanted(DocumentSet(rows, links), wanted, Occasion(tx.now_ms, by))])


def _forget(tx: WriteTransaction, uids: Sequence[str], by: str) -> None:
    tx.static_documents.delete(uids)
    tx.audit.add(by, "document.withdraw", "document", uids, {})


def _uids(documents: Iterable[Document]) -> tuple[DashboardUid, ...]:
    return tuple(document.uid for document in documents)
