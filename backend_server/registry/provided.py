"""Documents put into the wanted set as they are, and taken out again: the generator, packs and people use it.

What it is given is already checked and stamped. A document that comes again with other bytes keeps its uid and its
links; one that is withdrawn ends its links at once, and coming back it has the same ones.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import orjson

from backend_server.documents.document import Document
from backend_server.documents.provided import ProvidedStatus
from backend_server.documents.refresh import own_refresh
from backend_server.documents.status import NewDocument, Wanted
from backend_server.errors import Conflict, InvalidInput, NotFound, Problem
from backend_server.links.link import Link
from backend_server.links.publication import NewPublication
from backend_server.primitives.document_paths import packs_file
from backend_server.primitives.ids import DashboardUid, Maker, new_token

from .plan import needs_publication
from .ports import Records, Writing

MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Provision:
    """What became of the documents, by uid; `left` are those of the slot that were not given and were kept."""

    created: tuple[DashboardUid, ...] = ()
    changed: tuple[DashboardUid, ...] = ()
    unchanged: tuple[DashboardUid, ...] = ()
    withdrawn: tuple[DashboardUid, ...] = ()
    left: tuple[DashboardUid, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing had to be written."""
        return not (self.created or self.changed or self.withdrawn)


class ProvidedDocuments:
    """Provides and withdraws documents, each call in one transaction."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def list(self, maker: Maker, slot: str) -> Sequence[ProvidedStatus]:
        """Return what one maker provides in a slot, in order of the objects' ids."""
        with self._records.reading() as reading:
            return reading.provided(maker, slot)

    def body(self, uid: str) -> bytes | None:
        """Return the bytes of a provided document."""
        with self._records.reading() as reading:
            return reading.provided_body(uid)

    def provide(
        self,
        documents: Sequence[Document],
        maker: Maker,
        slot: str,
        *,
        folder: str,
        by: str,
        version: str = "",
        prune: bool = False,
    ) -> Provision:
        """Have these documents wanted; the same once more writes nothing.

        Args:
            documents: all of this maker and slot.
            folder: the Grafana folder of those that are new; a document's file never moves.
            version: what they were made of, kept beside them.
            prune: withdraw the slot's other documents, rather than leave them.

        Raises:
            InvalidInput: a folder that cannot be one, two documents of one title, or more than 500 at once.
            Conflict: a document stands in another folder already.
        """
        _check(documents, folder)
        with self._records.writing() as write:
            existing = {one.uid: one for one in write.provided(maker, slot)}
            known = write.document_places([one.uid for one in documents])
            created, changed, unchanged = [], [], []
            for document in documents:
                file, wanted = known.get(document.uid, ("", Wanted.ABSENT))
                if file and file != packs_file(folder, document.uid):
                    raise Conflict(
                        f"{document.object_id!r} stands in the folder {file.split('/')[1]!r}, and a document's file "
                        "never moves; use that folder.",
                        details={"document": document.uid},
                    )
                stands = existing.get(document.uid)
                if not file:
                    created.append(document)
                elif wanted is Wanted.PRESENT and stands is not None and stands.content == document.content:
                    unchanged.append(document)
                else:
                    changed.append(document)
            others = [uid for uid in existing if uid not in {one.uid for one in documents}]
            outcome = Provision(
                _uids(created), _uids(changed), _uids(unchanged), tuple(others if prune else ()),
                tuple(() if prune else others),
            )  # fmt: skip
            if outcome.empty:
                write.discard()
                return outcome
            write.put_provided([(document, version) for document in (*created, *changed)])
            _add(write, created, folder)
            _refresh(write, changed)
            _note(write, by, "provide", created, {"version": version, "folder": folder})
            _note(write, by, "provide", changed, {"version": version})
            if prune:
                _withdraw(write, others, by)
        return outcome

    def withdraw(self, maker: Maker, slot: str, uids: Collection[str], by: str) -> Sequence[ProvidedStatus]:
        """Take documents out of the wanted set; gives them as they stood. Raises NotFound for one that is not in it."""
        with self._records.writing() as write:
            existing = {one.uid: one for one in write.provided(maker, slot)}
            missing = [uid for uid in uids if uid not in existing]
            if missing:
                raise NotFound(f"No such document is provided: {missing[0]}.", details={"document": missing[0]})
            _withdraw(write, list(uids), by)
            if not uids:
                write.discard()
        return [existing[DashboardUid(uid)] for uid in uids]


def _check(documents: Sequence[Document], folder: str) -> None:
    packs_file(folder, "x")  # refuses what cannot be a folder
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
        raise InvalidInput(problems, what="What is to be provided")


def _add(write: Writing, documents: Sequence[Document], folder: str) -> None:
    write.add_documents(
        [
            NewDocument(
                one.uid,
                one.maker.value,
                one.slot,
                one.object_id,
                one.title,
                packs_file(folder, one.uid),
                template=None,
                refresh=own_refresh(orjson.loads(one.body)),
            )
            for one in documents
        ]
    )
    # Not public until somebody makes a link to it.
    write.add_publications([NewPublication(one.uid, str(new_token()), new_token(), False) for one in documents])


def _refresh(write: Writing, documents: Sequence[Document]) -> None:
    write.refresh_documents({one.uid: one.title for one in documents})
    wanted: dict[str, bool] = {}
    back: list[Link] = []
    for one in documents:
        links = write.links_to(one.uid)
        back += [link for link in links if link.suspended_at is not None]
        wanted[one.uid] = needs_publication([replace(link, suspended_at=None) for link in links], one.uid)
    write.update_links([replace(link, suspended_at=None, updated_at=write.now_ms) for link in back])
    write.set_publications(wanted)


def _withdraw(write: Writing, uids: Sequence[str], by: str) -> None:
    links = [link for uid in uids for link in write.links_to(uid) if link.suspended_at is None]
    write.update_links([replace(link, suspended_at=write.now_ms, updated_at=write.now_ms) for link in links])
    write.set_publications(dict.fromkeys(uids, False))
    write.remove_documents(uids)
    write.delete_provided(uids)
    write.note(by, "document.withdraw", "document", uids, {})


def _note(write: Writing, by: str, what: str, documents: Sequence[Document], details: Mapping[str, object]) -> None:
    write.note(by, f"document.{what}", "document", [one.uid for one in documents], details)


def _uids(documents: Sequence[Document]) -> tuple[DashboardUid, ...]:
    return tuple(document.uid for document in documents)
