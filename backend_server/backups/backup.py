"""Backup and restore of everything that cannot be recreated: state, templates, stored secrets; on both databases.

The backup is logical: rows as JSON out of one snapshot, so that one taken on SQLite goes into PostgreSQL and back, and
an older one into a newer version: the tables are made as they were, filled, and then migrated. A restore is one
transaction, and gives the database another name (epoch), so that clients send again what they know.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, MetaData, Table, insert, select, text, update

from backend_server.documents.status import LOOK_AGAIN, Wanted
from backend_server.errors import Conflict, InputError
from backend_server.primitives.clock import epoch_ms
from backend_server.primitives.ids import new_token
from backend_server.storage.engine import migrate as migrating
from backend_server.storage.engine.postgres import SCHEMA
from backend_server.storage.engine.store import Store
from backend_server.storage.leases import WORKER_LEASE, lease_state
from backend_server.storage.schema import audit, devices, documents, key_values, leases, links, metadata
from backend_server.storage.schema import store as store_table
from backend_server.storage.secret_store import PREFIX, SecretStore

_LEFT_OUT = frozenset({leases.name})  # who leads is a matter of the moment
_ROWS_AT_ONCE = 500


@dataclass(slots=True)
class Contents:
    """What a backup holds or a restore brought back, for the person who asked."""

    made_at_ms: int = 0
    revision: str = ""
    rows: dict[str, int] = field(default_factory=dict)
    templates: list[str] = field(default_factory=list)
    secrets: int = 0

    def as_json(self) -> dict[str, object]:
        """Return the contents as the command prints them."""
        return {
            "made_at": self.made_at_ms,
            "revision": self.revision,
            "rows": self.rows,
            "templates": self.templates,
            "secrets": self.secrets,
        }


def dump(store: Store, secrets: SecretStore, templates: Path | None, contents: Contents) -> Iterator[bytes]:
    """Yield the backup's lines and count in `contents` what went into it; raises UpstreamError."""
    store.check()
    with store.read() as connection:
        contents.made_at_ms = epoch_ms()
        contents.revision = migrating.revision(connection) or ""
        yield orjson.dumps({"made_at": contents.made_at_ms, "revision": contents.revision})
        for table in metadata.sorted_tables:
            if table.name in _LEFT_OUT:
                continue
            count = 0
            names = [str(column.name) for column in table.columns]
            # Streamed, and closed whatever becomes of the one who reads.
            with connection.execute(select(table), execution_options={"yield_per": _ROWS_AT_ONCE}) as rows:
                for values in rows:
                    row = dict(zip(names, values, strict=True))
                    if table is key_values and str(row["name"]).startswith(PREFIX):
                        continue  # PostgreSQL keeps the secrets among them; they stand apart below
                    count += 1
                    yield orjson.dumps({"table": str(table.name), "row": row})
            if count:
                contents.rows[str(table.name)] = count
    known = secrets.everything()
    contents.secrets = len(known)
    yield orjson.dumps({"secrets": {name: secret.reveal() for name, secret in known.items()}})
    for file in sorted(templates.glob("*.json")) if templates is not None else ():
        contents.templates.append(file.name)
        yield orjson.dumps({"template": file.name, "body": base64.b64encode(file.read_bytes()).decode()})
    yield orjson.dumps({"end": True, "rows": contents.rows})


def restore(
    store: Store, secrets: SecretStore, templates: Path | None, lines: Iterable[bytes], *, replace: bool
) -> Contents:
    """Replace the whole state with a backup, all of it or nothing.

    Raises Conflict when the database holds devices or links and `replace` is not set, or while a worker leads;
    ConfigError for a backup of a later version; InputError for one that is damaged.
    """
    _refuse_unwanted(store, replace=replace)
    contents = Contents()
    files: dict[str, bytes] = {}
    given: dict[str, str] = {}
    with store.alone() as connection:
        reading = iter(lines)
        head = _read(next(reading, b"{}"))
        contents.made_at_ms, contents.revision = int(head.get("made_at", 0)), str(head.get("revision", ""))
        if not contents.revision:
            raise InputError("The backup does not begin as one of Dashwright does; nothing was restored.")
        before = _change(connection)
        _drop_all(connection)
        migrating.upgrade_to(connection, contents.revision)
        filling = _Filling(connection)
        ended, counts = False, None
        for line in reading:
            item = _read(line)
            if ended:
                raise InputError("The backup goes on after its end; nothing was restored.")
            if "table" in item:
                filling.add(str(item["table"]), item["row"])
            elif "secrets" in item:
                given = {str(name): str(value) for name, value in item["secrets"].items()}
            elif "template" in item:
                files[_file_name(item["template"])] = base64.b64decode(item["body"])
            ended, counts = "end" in item, item.get("rows")
        contents.rows = filling.finish()
        if not ended or counts != contents.rows:
            raise InputError("The backup has no end, or not all of its rows; nothing was restored.")
        migrating.upgrade(connection)
        _start_new_epoch(connection, before, store.dialect)
        # Secrets in the database belong to this transaction; those in a file are written when all else is sure.
        if store.dialect == "postgresql" and given:
            connection.execute(insert(key_values), [{"name": PREFIX + name, "value": given[name]} for name in given])
    if store.dialect != "postgresql":
        secrets.replace(given)
    contents.secrets = len(given)
    if templates is not None:
        contents.templates = _write_templates(templates, files)
    return contents


class _Filling:
    """Inserts rows in batches into the tables as the backup's version had them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        schema = SCHEMA if connection.dialect.name == "postgresql" else None
        found = MetaData()
        found.reflect(connection, schema=schema)
        self._tables: Mapping[str, Table] = {table.name: table for table in found.sorted_tables}
        self._table = ""
        self._rows: list[dict[str, Any]] = []
        self._counts: dict[str, int] = {}

    def add(self, name: str, row: object) -> None:
        """Add one row; raises InputError for a table or column this version never had."""
        table = self._tables.get(name)
        if table is None or not isinstance(row, dict) or not row.keys() <= set(table.columns.keys()):
            raise InputError(f"The backup holds what no version of Dashwright wrote (table {name[:40]!r}).")
        if name != self._table or len(self._rows) >= _ROWS_AT_ONCE:
            self._flush()
            self._table = name
        if name == store_table.name:
            self._connection.execute(table.delete())  # the one a migration made
        self._rows.append(row)
        self._counts[name] = self._counts.get(name, 0) + 1

    def finish(self) -> dict[str, int]:
        """Insert the remaining rows; returns how many each table received."""
        self._flush()
        return self._counts

    def _flush(self) -> None:
        if self._rows:
            self._connection.execute(insert(self._tables[self._table]), self._rows)
            self._rows = []


def _refuse_unwanted(store: Store, *, replace: bool) -> None:
    with store.read() as connection:
        lease = lease_state(connection, store.dialect, WORKER_LEASE)
        if lease is not None and lease.held:
            raise Conflict("A worker is running on this database; stop the service, then restore.")
        held = [table.name for table in (devices, links) if connection.execute(select(table).limit(1)).first()]
    if held and not replace:
        raise Conflict(f"The database holds {' and '.join(held)} already; --replace puts the backup in their place.")


def _change(connection: Connection) -> int:
    return int(connection.execute(select(store_table.c.change)).scalar_one_or_none() or 0)


def _drop_all(connection: Connection) -> None:
    found = MetaData()
    found.reflect(connection, schema=SCHEMA if connection.dialect.name == "postgresql" else None)
    found.drop_all(connection)


def _start_new_epoch(connection: Connection, before: int, dialect: str) -> None:
    """Rename the database, move its change number beyond all caches, and mark every document to be proven again."""
    change = max(before, _change(connection)) + 1
    connection.execute(update(store_table).values(epoch=str(new_token()), change=change, forget_change=change))
    connection.execute(
        update(documents)
        .where(documents.c.wanted == Wanted.PRESENT)
        .values(**LOOK_AGAIN, loaded_hash=None, change=change)
    )
    if dialect == "postgresql":  # rows came with their ids, which its sequence does not know
        connection.execute(
            text(
                f"SELECT setval(pg_get_serial_sequence('{SCHEMA}.{audit.name}', 'id'), "  # noqa: S608  constants of ours
                f"GREATEST((SELECT max(id) FROM {SCHEMA}.{audit.name}), 1))"
            )
        )


def _write_templates(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in files.items():
        beside = folder / f".{name}.tmp"
        beside.write_bytes(body)
        beside.replace(folder / name)
    return sorted(files)


def _file_name(name: object) -> str:
    text_name = str(name)
    if "/" in text_name or "\\" in text_name or text_name.startswith(".") or not text_name.endswith(".json"):
        raise InputError(f"The backup names a template {text_name[:80]!r}, which is not a file name.")
    return text_name


def _read(line: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as fault:
        raise InputError("The backup holds a line that cannot be read; nothing was restored.") from fault
    if not isinstance(found, dict):
        raise InputError("The backup holds a line that is not an object; nothing was restored.")
    return found
