"""Transactions by noun: the database as the registry uses it; fits `registry.ports.Records`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Connection, select, union

from backend_server.primitives.ids import Maker
from backend_server.registry.model import StoreState

from .engine.store import Transactions, Write
from .engine.topics import Topic
from .schema import devices, documents, links, store
from .tables.audit import AuditTable
from .tables.devices import DeviceRows, DeviceTable, flush_last_seen
from .tables.documents import DocumentRows, DocumentTable, PublicationTable
from .tables.links import LinkRows, LinkTable
from .tables.static_documents import StaticDocumentRows, StaticDocumentTable

_TOPICS = (Topic.DEVICES, Topic.LINKS)


class _Transaction:
    """What reading and writing have in common."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

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


class ReadTransaction(_Transaction):
    """One snapshot. `with_grafana`: what visitors see waits for its public dashboard."""

    def __init__(self, connection: Connection, *, with_grafana: bool) -> None:
        super().__init__(connection)
        self.devices = DeviceRows(connection)
        self.documents = DocumentRows(connection, with_grafana=with_grafana)
        self.static_documents = StaticDocumentRows(connection)
        self.links = LinkRows(connection, with_grafana=with_grafana)


class WriteTransaction(_Transaction):
    """One write."""

    def __init__(self, write: Write, *, with_grafana: bool) -> None:
        super().__init__(write.connection)
        self.change = write.change
        self.now_ms = write.now_ms
        self.discard = write.discard
        self.devices = DeviceTable(write)
        self.documents = DocumentTable(write, with_grafana=with_grafana)
        self.static_documents = StaticDocumentTable(write.connection, write)
        self.links = LinkTable(write, with_grafana=with_grafana)
        self.publications = PublicationTable(write)
        self.audit = AuditTable(write)


class Records:
    """Snapshots and writes of one store."""

    def __init__(self, store: Transactions, *, with_grafana: bool = False) -> None:
        self._store = store
        self._with_grafana = with_grafana
        # The number of the last write to devices, their documents or links; asked at every request.
        self.change_number = store.number_of(*_TOPICS)

    @contextmanager
    def reading(self) -> Iterator[ReadTransaction]:
        """Open a snapshot."""
        with self._store.read() as connection:
            yield ReadTransaction(connection, with_grafana=self._with_grafana)

    @contextmanager
    def writing(self) -> Iterator[WriteTransaction]:
        """Open a write transaction; over a `LedStore` it is valid only while this process leads."""
        with self._store.write(*_TOPICS) as write:
            yield WriteTransaction(write, with_grafana=self._with_grafana)

    def flush_seen(self, seen: Mapping[str, int]) -> None:
        """Write when devices were last seen; no memory depends on it, so the change number stays."""
        with self._store.write(moves=False) as write:
            flush_last_seen(write.connection, seen)
