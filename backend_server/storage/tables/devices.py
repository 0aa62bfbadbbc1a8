"""Devices as rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    bindparam,
    case,
    column,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    true,
    update,
)

from backend_server.devices.device import DEFAULT_KIND, DeviceRecord, DeviceState
from backend_server.primitives.ids import DeviceId
from backend_server.registry.model import DeviceQuery

from ..engine.store import Write
from ..schema import devices

_merged_kind = func.coalesce(
    devices.c.set_by_operator["kind"].as_string(), devices.c.sent["kind"].as_string(), DEFAULT_KIND
).label("kind")
# All but what never changes, and when it was last seen.
_WRITTEN = ("sent", "set_by_operator", "retired_at", "retired_by", "updated_at", "change")


class DeviceRows:
    """The devices of one snapshot; fits `registry.ports.ReadDevices`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, ids: Sequence[str]) -> dict[str, DeviceRecord]:
        """Return the devices that exist, by id."""
        rows = self._connection.execute(select(devices).where(devices.c.id.in_(ids))).mappings()
        return {row["id"]: _record(row) for row in rows}

    def page(self, query: DeviceQuery) -> tuple[list[str], int]:
        """Return the ids of one page in order of id, and the number of all that match."""
        matching = and_(true(), *_conditions(query))
        total = self._connection.execute(select(func.count()).select_from(devices).where(matching)).scalar_one()
        ids = select(devices.c.id).where(matching).order_by(devices.c.id)
        page = ids.offset((query.page - 1) * query.per_page).limit(query.per_page)
        return list(self._connection.execute(page).scalars()), int(total)

    def count(self, seen_before: int) -> dict[str, int]:
        """Count devices by state."""
        state = _state(seen_before).label("state")
        rows = self._connection.execute(select(state, func.count()).group_by(state))
        return {str(name): int(count) for name, count in rows}


class DeviceTable(DeviceRows):
    """The devices in a write; fits `registry.ports.WriteDevices`."""

    def __init__(self, write: Write) -> None:
        super().__init__(write.connection)
        self._write = write

    def add(self, records: Sequence[DeviceRecord]) -> None:
        """Insert devices."""
        if records:
            self._connection.execute(insert(devices), [_values(record, self._write.change) for record in records])

    def update(self, records: Sequence[DeviceRecord]) -> None:
        """Write devices that exist; when each was last seen is written by `flush_last_seen` alone."""
        if not records:
            return
        statement = (
            update(devices)
            .where(devices.c.id == bindparam("of_id"))
            .values({name: bindparam(name, type_=devices.c[name].type) for name in _WRITTEN})
        )
        values = [(record.id, _values(record, self._write.change)) for record in records]
        rows = [{"of_id": device_id, **{name: row[name] for name in _WRITTEN}} for device_id, row in values]
        self._connection.execute(statement, rows)


def flush_last_seen(connection: Connection, seen: Mapping[str, int]) -> None:
    """Write when devices were last seen, in one statement; an earlier time never replaces a later one."""
    if connection.dialect.name == "postgresql":
        found = text("SELECT key AS id, value::bigint AS at FROM json_each_text(CAST(:seen AS json))").columns(
            column("id", devices.c.id.type), column("at", devices.c.last_seen_at.type)
        )
    else:
        found = text("SELECT key AS id, value AS at FROM json_each(:seen)").columns(
            column("id", devices.c.id.type), column("at", devices.c.last_seen_at.type)
        )
    newer = found.subquery("newer")
    connection.execute(
        update(devices)
        .values(last_seen_at=newer.c.at)
        .where(devices.c.id == newer.c.id, devices.c.last_seen_at < newer.c.at),
        {"seen": orjson.dumps(seen).decode()},
    )


def delete_devices(connection: Connection, ids: Sequence[str]) -> None:
    """Remove devices for good."""
    connection.execute(delete(devices).where(devices.c.id.in_(ids)))


def _conditions(query: DeviceQuery) -> Iterator[ColumnElement[bool]]:
    if query.state is not None:
        yield _state(query.seen_before) == query.state
    if query.kind is not None:
        yield _merged_kind == query.kind
    if query.search:
        looked_in = (
            devices.c.id,
            devices.c.sent["hostname"].as_string(),
            devices.c.set_by_operator["hostname"].as_string(),
        )
        yield or_(*(column.icontains(query.search, autoescape=True) for column in looked_in))


def _state(seen_before: int) -> ColumnElement[str]:
    return case(
        (devices.c.retired_at.is_not(None), DeviceState.RETIRED.value),
        (devices.c.last_seen_at < seen_before, DeviceState.STALE.value),
        else_=DeviceState.ACTIVE.value,
    )


def _values(record: DeviceRecord, change: int) -> dict[str, object]:
    return {
        "id": record.id,
        "sent": dict(record.sent),
        "set_by_operator": dict(record.set_by_operator),
        "retired_at": record.retired_at,
        "retired_by": record.retired_by,
        "last_seen_at": record.last_seen_at,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "change": change,
    }


def _record(row: RowMapping) -> DeviceRecord:
    return DeviceRecord(
        id=DeviceId(row["id"]),
        sent=row["sent"],
        set_by_operator=row["set_by_operator"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        last_seen_at=row["last_seen_at"],
        retired_at=row["retired_at"],
        retired_by=row["retired_by"],
    )
