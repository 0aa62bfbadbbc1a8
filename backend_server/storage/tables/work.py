"""The record a reconcile pass works on: documents with their publications and devices, and what became of each.

Every write may carry the lead's fencing number; it is compared inside the same transaction, so a worker that lost the
lead in the middle of a pass can store nothing more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from backend_server.devices.device import Device, merge_device
from backend_server.documents.static_document import StaticDocument
from backend_server.documents.status import LOOK_AGAIN, DocumentState, Wanted
from backend_server.errors import LeaseLost
from backend_server.primitives.ids import Maker
from backend_server.reconcile.model import DocumentRow, RowUpdate

from ..engine.rows import RowReader
from ..engine.store import Store, Write, database_now_ms
from ..engine.topics import Topic
from ..schema import devices, documents, kept, leases, publications, store
from . import audit
from .devices import DeviceRows, delete_devices
from .documents import delete_documents_of
from .links import delete_links_of
from .lost_publications import published_after
from .static_documents import find_static, static_body

WORKER_LEASE = "worker"
_CHUNK = 400  # rows named in one statement; SQLite allows few thousand parameters


_ROWS = RowReader(
    DocumentRow,
    documents,
    publications,
    given=1,  # the device
    public_state=publications.c.state,
)


class WorkStore:
    """The record over one Store. `share_default` is the `share` of a device that does not say."""

    def __init__(self, store: Store, *, share_default: str = "true") -> None:
        self._store = store
        self._share_default = share_default

    def due(self, now_ms: int, limit: int) -> tuple[DocumentRow, ...]:
        """Return dirty rows: all that are leaving, and up to `limit` others whose retry time has come, oldest first."""
        dirty = self._rows().where(documents.c.dirty.is_(True)).order_by(documents.c.change, documents.c.uid)
        with self._store.read() as connection:
            leaving = dirty.where(documents.c.wanted == Wanted.ABSENT)
            staying = dirty.where(documents.c.wanted == Wanted.PRESENT, documents.c.retry_at <= now_ms).limit(limit)
            return (*self._read(connection, leaving), *self._read(connection, staying))

    def everything(self, *, with_devices: bool = True) -> tuple[DocumentRow, ...]:
        """Return every row, for an audit (which needs no devices) or a printed plan."""
        with self._store.read() as connection:
            return tuple(self._read(connection, self._rows().order_by(documents.c.uid), with_devices=with_devices))

    def backlog(self) -> tuple[int, int | None]:
        """Count the dirty rows, and give the earliest retry time among them (epoch ms)."""
        with self._store.read() as connection:
            query = select(func.count(), func.min(documents.c.retry_at)).where(documents.c.dirty.is_(True))
            count, earliest = connection.execute(query).one()
        return int(count), None if earliest is None else int(earliest)

    def published_after(self, uid: str) -> DocumentRow | None:
        """Return the next settled document, in order of uids, that is public as recorded; after the last, the first."""
        with self._store.read() as connection:
            found = published_after(connection, uid)
            query = self._rows().where(documents.c.uid == found)
            return None if found is None else next(self._read(connection, query, with_devices=False), None)

    def present_count(self) -> int:
        """Count the documents that exist or are leaving, those proven gone not among them."""
        with self._store.read() as connection:
            query = select(func.count()).select_from(documents).where(documents.c.state != DocumentState.GONE)
            return int(connection.execute(query).scalar_one())

    def same_titles(self, titles: Collection[str]) -> Mapping[str, list[tuple[str, str, str]]]:
        """Return (uid, file, object id) of the wanted documents that bear each of the titles."""
        found: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        with self._store.read() as connection:
            for part in _parts(sorted(titles)):
                query = select(documents.c.title, documents.c.uid, documents.c.file, documents.c.object_id).where(
                    documents.c.title.in_(part), documents.c.wanted == Wanted.PRESENT
                )
                for title, uid, file, object_id in connection.execute(query):
                    found[title].append((uid, file, object_id))
        return found

    def failed_because(self, begin: str) -> tuple[DocumentRow, ...]:
        """Return the wanted documents at rest that failed for a reason that begins so."""
        query = self._rows().where(
            documents.c.state == DocumentState.FAILED,
            documents.c.wanted == Wanted.PRESENT,
            documents.c.dirty.is_(False),
            documents.c.reason.startswith(begin, autoescape=True),
        )
        with self._store.read() as connection:
            return tuple(self._read(connection, query, with_devices=False))

    def record(self, notes: Sequence[RowUpdate], *, fencing: int | None) -> dict[str, int]:
        """Store notes in one transaction; gives the new change number of each row that still was as it was read.

        Facts are stored in any case. Raises LeaseLost.
        """
        if not notes:
            return {}
        with fenced_write(self._store, fencing) as write:
            _update_each(write.connection, "facts", notes, lambda note: note.facts)
            for state in {note.public for note in notes if note.public is not None}:
                for part in _parts([note.uid for note in notes if note.public == state]):
                    write.connection.execute(
                        update(publications)
                        .where(publications.c.document_uid.in_(part))
                        .values(state=state, updated_at=write.now_ms)
                    )
            _update_each(
                write.connection,
                "decisions",
                notes,
                lambda note: {**note.decisions, **({"updated_at": write.now_ms} if "state" in note.decisions else {})},
                change=write.change,
            )
            decided = set(
                write.connection.execute(select(documents.c.uid).where(documents.c.change == write.change)).scalars()
            )
            unmoved = _unmoved(write.connection, [note for note in notes if not note.decisions])
            return {
                note.uid: write.change if note.decisions else note.seen
                for note in notes
                if note.uid in decided or note.uid in unmoved
            }

    def kept(self, name: str) -> str | None:
        """Read a kept value."""
        with self._store.read() as connection:
            return connection.execute(select(kept.c.value).where(kept.c.name == name)).scalar_one_or_none()

    def keep(self, name: str, value: str | None, *, fencing: int | None) -> None:
        """Store a kept value, or drop it (None)."""
        with fenced_write(self._store, fencing, moves=False) as write:
            if value is None:
                write.connection.execute(delete(kept).where(kept.c.name == name))
            else:
                statement = self._insert(kept).values(name=name, value=value)
                write.connection.execute(
                    statement.on_conflict_do_update(index_elements=[kept.c.name], set_={"value": value})
                )

    def mark_all_dirty(self, makers: Collection[str], *, fencing: int | None, forget_loaded: bool = False) -> None:
        """Have every wanted document of these makers looked at again; with `forget_loaded` proven in Grafana anew."""
        forgotten: dict[str, object] = {"loaded_hash": None} if forget_loaded else {}
        with fenced_write(self._store, fencing) as write:
            write.connection.execute(
                update(documents)
                .where(documents.c.maker.in_(sorted(makers)), documents.c.wanted == Wanted.PRESENT)
                .values(**LOOK_AGAIN, change=write.change, **forgotten)
            )

    def wake_leaving(self, *, fencing: int | None) -> None:
        """Let removals that were held back be tried at once."""
        with fenced_write(self._store, fencing) as write:
            write.connection.execute(
                update(documents)
                .where(documents.c.wanted == Wanted.ABSENT, documents.c.dirty.is_(True))
                .values(retry_at=0, change=write.change)
            )

    def purgeable(self, before_ms: int) -> tuple[str, ...]:
        """Name devices retired before a moment whose documents are all proven gone."""
        there = select(documents.c.object_id).where(
            documents.c.object_id == devices.c.id,
            documents.c.maker == Maker.DEVICE.value,
            or_(documents.c.state != DocumentState.GONE, documents.c.dirty.is_(True)),
        )
        query = select(devices.c.id).where(devices.c.retired_at <= before_ms, ~there.exists()).order_by(devices.c.id)
        with self._store.read() as connection:
            return tuple(connection.execute(query).scalars())

    def purge(self, device_ids: Sequence[str], *, fencing: int | None) -> int:
        """Forget retired devices with their documents, publications and links; memories start anew. Gives how many."""
        if not device_ids:
            return 0
        with fenced_write(self._store, fencing, topics=(Topic.DEVICES, Topic.LINKS)) as write:
            count = 0
            for part in _parts(list(device_ids)):
                # Retired is asked again here: a device revived since the plan was made is no longer to be forgotten.
                query = select(devices.c.id).where(devices.c.id.in_(part), devices.c.retired_at.is_not(None))
                ids = list(write.connection.execute(query).scalars())
                delete_links_of(write.connection, ids)
                delete_documents_of(write.connection, ids)
                delete_devices(write.connection, ids)
                audit.note(write, actor="dashwright", action="purge", kind="device", object_ids=ids, details={})
                count += len(ids)
            if count:
                write.connection.execute(update(store).values(forget_change=write.change))
            else:
                write.discard()
            return count

    def fleet_fingerprint(self) -> tuple[int, int]:
        """Return a cheap sign that moves whenever a device is added, changed, retired or purged."""
        with self._store.read() as connection:
            count, newest = connection.execute(select(func.count(), func.coalesce(func.max(devices.c.change), 0))).one()
        return int(count), int(newest)

    def fleet_rows(self) -> tuple[DocumentRow, ...]:
        """Return the rows of fleet documents."""
        with self._store.read() as connection:
            return tuple(self._read(connection, self._rows().where(documents.c.maker == Maker.FLEET.value)))

    def devices(self) -> tuple[Device, ...]:
        """Return every device, retired ones too."""
        with self._store.read() as connection:
            ids = list(connection.execute(select(devices.c.id)).scalars())
            return tuple(self._devices(connection, ids).values())

    def active_devices(self) -> tuple[Device, ...]:
        """Return every device that is not retired."""
        return tuple(device for device in self.devices() if device.retired_at is None)

    def provided(self, uids: Sequence[str]) -> Mapping[str, StaticDocument]:
        """Return what is provided under these uids, without the bytes."""
        with self._store.read() as connection:
            return find_static(connection, uids)

    def provided_body(self, uid: str, content: str) -> bytes | None:
        """Return the bytes of a provided document; None when it no longer has this content."""
        with self._store.read() as connection:
            found = find_static(connection, [uid]).get(uid)
            return static_body(connection, uid) if found is not None and found.content == content else None

    def now_ms(self) -> int:
        """Return the present moment by the database's clock."""
        with self._store.read() as connection:
            return int(connection.execute(select(database_now_ms(self._store.dialect))).scalar_one())

    def _insert(self, table: Any) -> Any:
        return (postgres_insert if self._store.dialect == "postgresql" else sqlite_insert)(table)

    def _rows(self) -> Select[Any]:
        return select(*_ROWS.columns).select_from(documents.outerjoin(publications))

    def _read(self, connection: Connection, query: Select[Any], *, with_devices: bool = True) -> Iterator[DocumentRow]:
        rows = connection.execute(query).all()
        ids = {row.object_id for row in rows if with_devices and row.maker == Maker.DEVICE.value}
        found = self._devices(connection, sorted(ids))
        for row in rows:
            device = found.get(row.object_id) if row.maker == Maker.DEVICE.value else None
            yield _ROWS.read(row, device)

    def _devices(self, connection: Connection, ids: Sequence[str]) -> dict[str, Device]:
        found: dict[str, Device] = {}
        for part in _parts(ids):
            for device_id, record in DeviceRows(connection).find(part).items():
                found[device_id] = merge_device(record, share_default=self._share_default)
        return found


@contextmanager
def fenced_write(
    store: Store, fencing: int | None, *, topics: Collection[Topic] = (Topic.LINKS,), moves: bool = True
) -> Iterator[Write]:
    """Begin a write that holds only while `fencing` is the lead's number (None = unfenced); raises LeaseLost."""
    with store.write(*topics, moves=moves) as write:
        if fencing is not None:
            query = select(leases.c.fencing).where(leases.c.name == WORKER_LEASE)
            if write.connection.execute(query).scalar_one_or_none() != fencing:
                raise LeaseLost("Another worker has taken the lead; this one stores nothing more.")
        yield write


def _update_each(
    connection: Connection,
    what: str,
    notes: Sequence[RowUpdate],
    values_of: Callable[[RowUpdate], Mapping[str, object]],
    *,
    change: int | None = None,
) -> None:
    """Update rows of equal columns in one executemany; with `change`, only rows that still bear the number seen."""
    groups: dict[tuple[str, ...], list[dict[str, object]]] = defaultdict(list)
    for note in notes:
        values = values_of(note)
        if values:
            parameters: dict[str, object] = {f"to_{name}": value for name, value in values.items()}
            groups[tuple(sorted(values))].append({**parameters, "of_uid": note.uid, "as_seen": note.seen})
    for columns, many in groups.items():
        statement = update(documents).where(documents.c.uid == bindparam("of_uid"))
        changes: dict[str, object] = {name: bindparam(f"to_{name}") for name in columns}
        if change is None:
            for parameters in many:
                del parameters["as_seen"]
        else:
            statement = statement.where(documents.c.change == bindparam("as_seen"))
            changes["change"] = change
        connection.execute(statement.values(changes), many)


def _unmoved(connection: Connection, notes: Sequence[RowUpdate]) -> set[str]:
    seen = {note.uid: note.seen for note in notes}
    found: set[str] = set()
    for part in _parts(sorted(seen)):
        query = select(documents.c.uid, documents.c.change).where(documents.c.uid.in_(part))
        found |= {uid for uid, change in connection.execute(query) if seen[uid] == change}
    return found


def _parts(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))
