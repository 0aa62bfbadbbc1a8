"""The record a reconcile pass works on: documents with their publications and devices, and what became of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select, update

from backend_server.documents.status import LOOK_AGAIN, DocumentState, Wanted
from backend_server.primitives.chunks import chunks
from backend_server.primitives.ids import Maker
from backend_server.reconcile.model import DocumentRow, RowUpdate

from ..engine.rows import RowReader
from ..engine.store import Transactions, Write, database_clock_ms
from ..engine.topics import Topic
from ..schema import documents, publications
from .device_list import DeviceList

_ROWS = RowReader(
    DocumentRow,
    documents,
    publications,
    given=1,  # the device
    public_state=publications.c.state,
)


class DocumentRecord:
    """The documents of one store; `devices` are those their templates are filled for."""

    def __init__(self, store: Transactions, devices: DeviceList) -> None:
        self._store = store
        self._devices = devices

    def due(self, now_ms: int, limit: int) -> tuple[DocumentRow, ...]:
        """Return dirty rows: all that are leaving, and up to `limit` others whose retry time has come, oldest first."""
        dirty = document_rows().where(documents.c.dirty.is_(True)).order_by(documents.c.change, documents.c.uid)
        with self._store.read() as connection:
            leaving = dirty.where(documents.c.wanted == Wanted.ABSENT)
            staying = dirty.where(documents.c.wanted == Wanted.PRESENT, documents.c.retry_at <= now_ms).limit(limit)
            return (*self._read(connection, leaving), *self._read(connection, staying))

    def everything(self, *, with_devices: bool = True) -> tuple[DocumentRow, ...]:
        """Return every row, for an audit (which needs no devices) or a printed plan."""
        query = document_rows().order_by(documents.c.uid)
        with self._store.read() as connection:
            return tuple(self._read(connection, query)) if with_devices else read_without_devices(connection, query)

    def at_files(self, files: Collection[str]) -> tuple[DocumentRow, ...]:
        """Return the rows of the documents that lie in these files, without devices."""
        found: list[DocumentRow] = []
        with self._store.read() as connection:
            for part in chunks(sorted(files)):
                found += read_without_devices(connection, document_rows().where(documents.c.file.in_(part)))
        return tuple(found)

    def of_maker(self, maker: Maker) -> tuple[DocumentRow, ...]:
        """Return the rows of one maker."""
        with self._store.read() as connection:
            return tuple(self._read(connection, document_rows().where(documents.c.maker == maker.value)))

    def backlog(self) -> tuple[int, int | None]:
        """Count the dirty rows, and return the earliest retry time among them (epoch ms)."""
        with self._store.read() as connection:
            query = select(func.count(), func.min(documents.c.retry_at)).where(documents.c.dirty.is_(True))
            count, earliest = connection.execute(query).one()
        return int(count), None if earliest is None else int(earliest)

    def present_count(self) -> int:
        """Count the documents that exist or are leaving, those proven gone not among them."""
        query = select(func.count()).select_from(documents).where(documents.c.state != DocumentState.GONE)
        with self._store.read() as connection:
            return int(connection.execute(query).scalar_one())

    def update(self, updates: Sequence[RowUpdate]) -> dict[str, int]:
        """Store updates in one transaction; returns the new change number of each row that still was as it was read.

        Facts are stored in any case.
        """
        if not updates:
            return {}
        with self._store.write(Topic.LINKS) as write:
            _update_each(write.connection, updates, lambda row_update: row_update.facts)
            _update_publications(write, updates)
            _update_each(
                write.connection, updates, lambda row_update: _decided(row_update, write.now_ms), change=write.change
            )
            decided = set(
                write.connection.execute(select(documents.c.uid).where(documents.c.change == write.change)).scalars()
            )
            unmoved = _unmoved(write.connection, [row_update for row_update in updates if not row_update.decisions])
            return {
                row_update.uid: write.change if row_update.decisions else row_update.seen
                for row_update in updates
                if row_update.uid in decided or row_update.uid in unmoved
            }

    def mark_dirty(self, makers: Collection[str], *, forget_loaded: bool = False) -> None:
        """Mark these makers' wanted documents for the next pass; with `forget_loaded` to be proven in Grafana again."""
        forgotten: dict[str, object] = {"loaded_hash": None} if forget_loaded else {}
        wanted = documents.c.maker.in_(sorted(makers)), documents.c.wanted == Wanted.PRESENT
        with self._store.write(Topic.LINKS) as write:
            write.connection.execute(
                update(documents).where(*wanted).values(**LOOK_AGAIN, change=write.change, **forgotten)
            )

    def wake_leaving(self) -> None:
        """Retry held removals at once."""
        leaving = documents.c.wanted == Wanted.ABSENT, documents.c.dirty.is_(True)
        with self._store.write(Topic.LINKS) as write:
            write.connection.execute(update(documents).where(*leaving).values(retry_at=0, change=write.change))

    def now_ms(self) -> int:
        """Return the present time by the database's clock, in epoch milliseconds."""
        return database_clock_ms(self._store)

    def _read(self, connection: Connection, query: Select[Any]) -> Iterator[DocumentRow]:
        rows = connection.execute(query).all()
        ids = {row.object_id for row in rows if row.maker == Maker.DEVICE.value}
        devices = self._devices.find(connection, sorted(ids))
        for row in rows:
            yield _ROWS.read(row, devices.get(row.object_id) if row.maker == Maker.DEVICE.value else None)


def document_rows() -> Select[Any]:
    """Select every document's row, with its publication."""
    return select(*_ROWS.columns).select_from(documents.outerjoin(publications))


def read_without_devices(connection: Connection, query: Select[Any]) -> tuple[DocumentRow, ...]:
    """Return the rows of a query that began as `document_rows`."""
    return tuple(_ROWS.read(row, None) for row in connection.execute(query))


def _update_publications(write: Write, updates: Sequence[RowUpdate]) -> None:
    for state in {row_update.public for row_update in updates if row_update.public is not None}:
        for part in chunks([row_update.uid for row_update in updates if row_update.public is state]):
            write.connection.execute(
                update(publications)
                .where(publications.c.document_uid.in_(part))
                .values(state=state, updated_at=write.now_ms)
            )


def _decided(row_update: RowUpdate, now_ms: int) -> Mapping[str, object]:
    return {**row_update.decisions, "updated_at": now_ms} if "state" in row_update.decisions else row_update.decisions


def _update_each(
    connection: Connection,
    updates: Sequence[RowUpdate],
    values_of: Callable[[RowUpdate], Mapping[str, object]],
    *,
    change: int | None = None,
) -> None:
    """Update rows of equal columns in one executemany; with `change`, only rows that still bear the number seen."""
    groups: dict[tuple[str, ...], list[dict[str, object]]] = defaultdict(list)
    for row_update in updates:
        values = values_of(row_update)
        if values:
            parameters: dict[str, object] = {f"to_{name}": value for name, value in values.items()}
            if change is not None:
                parameters["as_seen"] = row_update.seen
            groups[tuple(sorted(values))].append({**parameters, "of_uid": row_update.uid})
    for columns, many in groups.items():
        statement = update(documents).where(documents.c.uid == bindparam("of_uid"))
        changes: dict[str, object] = {name: bindparam(f"to_{name}") for name in columns}
        if change is not None:
            statement = statement.where(documents.c.change == bindparam("as_seen"))
            changes["change"] = change
        connection.execute(statement.values(changes), many)


def _unmoved(connection: Connection, updates: Sequence[RowUpdate]) -> set[str]:
    seen = {row_update.uid: row_update.seen for row_update in updates}
    found: set[str] = set()
    for part in chunks(sorted(seen)):
        query = select(documents.c.uid, documents.c.change).where(documents.c.uid.in_(part))
        found |= {uid for uid, change in connection.execute(query) if seen[uid] == change}
    return found
