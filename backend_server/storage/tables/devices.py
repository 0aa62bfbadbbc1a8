"""Devices as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
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
    update,
)

from backend_server.devices.record import DeviceRecord
from backend_server.primitives.ids import DeviceId

from ..schema import devices

_merged_kind = func.coalesce(
    devices.c.set_by_operator["kind"].as_string(), devices.c.sent["kind"].as_string(), "generic"
).label("kind")


def find_devices(connection: Connection, ids: Sequence[str]) -> dict[str, DeviceRecord]:
    """Return the devices that exist, by id."""
    rows = connection.execute(select(devices).where(devices.c.id.in_(ids))).mappings()
    return {row["id"]: _record(row) for row in rows}


def add_devices(connection: Connection, records: Sequence[DeviceRecord], change: int) -> None:
    """Insert devices."""
    if records:
        connection.execute(insert(devices), [_values(record, change) for record in records])


def update_devices(connection: Connection, records: Sequence[DeviceRecord], change: int) -> None:
    """Write devices that exist; when each was last seen is written by `flush_last_seen` alone."""
    if records:
        written = ("sent", "set_by_operator", "retired_at", "retired_by", "updated_at", "change")
        statement = (
            update(devices)
            .where(devices.c.id == bindparam("of_id"))
            .values({name: bindparam(name, type_=devices.c[name].type) for name in written})
        )
        connection.execute(
            statement,
            [{"of_id": record.id, **{name: _values(record, change)[name] for name in written}} for record in records],
        )


def device_page(
    connection: Connection,
    *,
    state: str | None,
    kind: str | None,
    search: str | None,
    seen_before: int,
    offset: int,
    limit: int,
) -> tuple[list[str], int]:
    """Return the ids of one page in order of id, and the number of all that match."""
    conditions = []
    if state is not None:
        conditions.append(_state(seen_before) == state)
    if kind is not None:
        conditions.append(_merged_kind == kind)
    if search:
        conditions.append(
            or_(
                devices.c.id.icontains(search, autoescape=True),
                devices.c.sent["hostname"].as_string().icontains(search, autoescape=True),
                devices.c.set_by_operator["hostname"].as_string().icontains(search, autoescape=True),
            )
        )
    total = connection.execute(select(func.count()).select_from(devices).where(and_(True, *conditions))).scalar_one()
    page: Select[Any] = select(devices.c.id).where(and_(True, *conditions)).order_by(devices.c.id)
    return list(connection.execute(page.offset(offset).limit(limit)).scalars()), int(total)


def count_devices(connection: Connection, seen_before: int) -> dict[str, int]:
    """Count devices by state."""
    state = _state(seen_before).label("state")
    rows = connection.execute(select(state, func.count()).group_by(state))
    return {str(name): int(count) for name, count in rows}


def flush_last_seen(connection: Connection, seen: Mapping[str, int]) -> None:
    """Write when devices were last seen, in one statement; an older moment never replaces a newer one."""
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


def _state(seen_before: int) -> Any:
    return case(
        (devices.c.retired_at.is_not(None), "retired"),
        (devices.c.last_seen_at < seen_before, "stale"),
        else_="active",
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
