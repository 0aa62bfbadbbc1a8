"""The database as the registry uses it; fits `registry.ports.Records`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection, select, union, update

from backend_server.devices.record import DeviceRecord
from backend_server.documents.document import Document
from backend_server.documents.provided import ProvidedStatus
from backend_server.documents.status import DocumentStatus, NewDocument, Wanted
from backend_server.links.link import FoundLink, Link
from backend_server.links.publication import NewPublication
from backend_server.primitives.ids import Maker

from ..engine.store import Store, Write
from ..engine.topics import Topic
from ..schema import devices, documents, links, store
from . import audit as audit_rows
from . import devices as device_rows
from . import documents as document_rows
from . import link_pages
from . import links as link_rows
from . import provided as provided_rows

_TOPICS = (Topic.DEVICES, Topic.LINKS)
_CHUNK = 500  # ids in one IN: far below both databases' limits of parameters


@dataclass(frozen=True, slots=True)
class StoreState:
    """The store's one row."""

    epoch: str
    change: int
    forget_change: int
    links_on: bool


class _DeviceQuery(Protocol):
    @property
    def state(self) -> str | None: ...
    @property
    def kind(self) -> str | None: ...
    @property
    def search(self) -> str | None: ...
    @property
    def page(self) -> int: ...
    @property
    def per_page(self) -> int: ...
    @property
    def seen_before(self) -> int: ...


class SqlReading:
    """One snapshot. `with_grafana`: what visitors see waits for its public dashboard."""

    def __init__(self, connection: Connection, *, with_grafana: bool = False) -> None:
        self._connection = connection
        self._with_grafana = with_grafana

    def state(self) -> StoreState:
        """Return the store's row."""
        row = self._connection.execute(
            select(store.c.epoch, store.c.change, store.c.forget_change, store.c.links_on)
        ).one()
        return StoreState(row[0], int(row[1]), int(row[2]), bool(row[3]))

    def changed_since(self, change: int, most: int) -> list[tuple[str, str]] | None:
        """Return `(maker, object_id)` of what was written after a change number; None when that is more than `most`."""
        device = select(devices.c.id.label("object_id")).where(devices.c.change > change).limit(most + 1)
        ids = list(self._connection.execute(device).scalars())
        if len(ids) > most:
            return None
        hung = union(
            select(documents.c.maker, documents.c.object_id).where(documents.c.change > change),
            select(links.c.maker, links.c.object_id).where(links.c.change > change),
        ).limit(most + 1)
        others = [(str(row[0]), str(row[1])) for row in self._connection.execute(hung)]
        if len(others) > most:
            return None
        return [(Maker.DEVICE.value, device_id) for device_id in ids] + others

    def devices(self, ids: Sequence[str]) -> dict[str, DeviceRecord]:
        """Return the devices that exist, by id."""
        found: dict[str, DeviceRecord] = {}
        for part in _chunks(ids):
            found |= device_rows.find_devices(self._connection, part)
        return found

    def documents(self, ids: Sequence[str]) -> dict[str, list[DocumentStatus]]:
        """Return devices' documents by device id, ordered by slot."""
        found: dict[str, list[DocumentStatus]] = {}
        for part in _chunks(ids):
            found |= document_rows.documents_of_devices(self._connection, part, with_grafana=self._with_grafana)
        return found

    def links(self, ids: Sequence[str]) -> dict[str, list[Link]]:
        """Return all links to the devices' documents, by device id."""
        found: dict[str, list[Link]] = {}
        for part in _chunks(ids):
            found |= link_rows.links_of_devices(self._connection, part)
        return found

    def device_page(self, query: _DeviceQuery) -> tuple[list[str], int]:
        """Return the ids of one page, and how many there are in all."""
        return device_rows.device_page(
            self._connection,
            state=query.state,
            kind=query.kind,
            search=query.search,
            seen_before=query.seen_before,
            offset=(query.page - 1) * query.per_page,
            limit=query.per_page,
        )

    def count_devices(self, seen_before: int) -> dict[str, int]:
        """Count devices by state."""
        return device_rows.count_devices(self._connection, seen_before)

    def find_link(self, token: str) -> FoundLink | None:
        """Find a link by its token."""
        return link_rows.find_by_token(self._connection, token, with_grafana=self._with_grafana)

    def find_slug(self, slug: str) -> FoundLink | None:
        """Find a link by its slug."""
        return link_rows.find_by_slug(self._connection, slug, with_grafana=self._with_grafana)

    def link_page(self, query: link_pages.LinkQuery) -> tuple[list[FoundLink], int]:
        """Return the links of one page, the newest first, and how many there are in all."""
        return link_pages.link_page(self._connection, query, with_grafana=self._with_grafana)

    def other_documents(self, most: int) -> list[tuple[str, str]]:
        """Return the first wanted documents that are no device's."""
        return link_pages.other_documents(self._connection, most)

    def count_links(self, now_ms: int) -> dict[str, int]:
        """Count links by state."""
        return link_pages.count_links(self._connection, now_ms, with_grafana=self._with_grafana)

    def document(self, uid: str) -> DocumentStatus | None:
        """Return one document."""
        return document_rows.find_document(self._connection, uid, with_grafana=self._with_grafana)

    def links_to(self, document_uid: str) -> list[Link]:
        """Return all links to one document."""
        return link_rows.links_to(self._connection, document_uid)

    def document_places(self, uids: Sequence[str]) -> dict[str, tuple[str, Wanted]]:
        """Return `(file, wanted)` of the documents that have a row, by uid."""
        found: dict[str, tuple[str, Wanted]] = {}
        for part in _chunks(uids):
            query = select(documents.c.uid, documents.c.file, documents.c.wanted).where(documents.c.uid.in_(part))
            found |= {row[0]: (row[1], Wanted(row[2])) for row in self._connection.execute(query)}
        return found

    def provided(self, maker: Maker, slot: str) -> list[ProvidedStatus]:
        """Return the provided documents of a maker's slot."""
        return provided_rows.list_provided(self._connection, maker, slot)

    def provided_body(self, uid: str) -> bytes | None:
        """Return the bytes of a provided document."""
        return provided_rows.provided_body(self._connection, uid)


class SqlWriting(SqlReading):
    """One write transaction."""

    def __init__(self, write: Write, *, with_grafana: bool = False) -> None:
        super().__init__(write.connection, with_grafana=with_grafana)
        self._write = write

    @property
    def change(self) -> int:
        """The transaction's change number."""
        return self._write.change

    @property
    def now_ms(self) -> int:
        """The transaction's moment."""
        return self._write.now_ms

    def discard(self) -> None:
        """Take everything back."""
        self._write.discard()

    def add_devices(self, records: Sequence[DeviceRecord]) -> None:
        """Insert devices."""
        device_rows.add_devices(self._connection, records, self.change)

    def update_devices(self, records: Sequence[DeviceRecord]) -> None:
        """Write devices that exist."""
        device_rows.update_devices(self._connection, records, self.change)

    def add_documents(self, documents: Sequence[NewDocument]) -> None:
        """Enqueue documents."""
        document_rows.add_documents(self._write, documents)

    def refresh_documents(self, titles: Mapping[str, str]) -> None:
        """Mark documents as wanted and dirty."""
        document_rows.refresh_documents(self._write, titles)

    def remove_documents(self, uids: Sequence[str]) -> None:
        """Mark documents as not wanted and dirty."""
        document_rows.remove_documents(self._write, uids)

    def touch_documents(self, uids: Sequence[str]) -> None:
        """Mark documents as dirty."""
        document_rows.touch_documents(self._write, uids)

    def put_provided(self, given: Sequence[tuple[Document, str]]) -> None:
        """Store the bytes of provided documents."""
        provided_rows.put_provided(self._write, given)

    def delete_provided(self, uids: Sequence[str]) -> None:
        """Forget the bytes of provided documents."""
        provided_rows.delete_provided(self._write, uids)

    def add_publications(self, publications: Sequence[NewPublication]) -> None:
        """Insert publications."""
        document_rows.add_publications(self._write, publications)

    def set_publications(self, wanted: Mapping[str, bool]) -> None:
        """Say which publications are wanted."""
        document_rows.set_publications(self._write, wanted)

    def add_links(self, links: Sequence[Link]) -> None:
        """Insert links."""
        link_rows.add_links(self._write, links)

    def update_links(self, links: Sequence[Link]) -> None:
        """Write links that exist."""
        link_rows.update_links(self._write, links)

    def keep_old_token(self, link_id: str, token: str, good_until: int) -> None:
        """Keep a token that was rotated out."""
        link_rows.keep_old_token(self._write, link_id, token, good_until)

    def switch_links(self, on: bool) -> None:
        """Turn all links on or off."""
        self._connection.execute(update(store).values(links_on=on))

    def note(
        self, actor: str, action: str, kind: str, object_ids: Sequence[str], details: Mapping[str, object]
    ) -> None:
        """Write one audit row per object."""
        audit_rows.note(self._write, actor=actor, action=action, kind=kind, object_ids=object_ids, details=details)


class SqlRecords:
    """Snapshots and writes of one store."""

    def __init__(self, store: Store, *, with_grafana: bool = False) -> None:
        self._store = store
        self._with_grafana = with_grafana

    def change_number(self) -> int:
        """Return the number of the last write to devices, their documents or links."""
        return self._store.change_number(*_TOPICS)

    @contextmanager
    def reading(self) -> Iterator[SqlReading]:
        """Begin a snapshot."""
        with self._store.read() as connection:
            yield SqlReading(connection, with_grafana=self._with_grafana)

    @contextmanager
    def writing(self) -> Iterator[SqlWriting]:
        """Begin a write."""
        with self._store.write(*_TOPICS) as write:
            yield SqlWriting(write, with_grafana=self._with_grafana)

    def flush_seen(self, seen: Mapping[str, int]) -> None:
        """Write when devices were last seen; no memory depends on it, so the change number stays."""
        with self._store.write(moves=False) as write:
            device_rows.flush_last_seen(write.connection, seen)


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]
