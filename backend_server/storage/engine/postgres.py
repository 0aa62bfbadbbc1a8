"""PostgreSQL through psycopg 3, in a schema of our own, also behind a transaction pooler.

A transaction pooler gives each transaction another session, so nothing may be left in one: no prepared statements
(`prepare_threshold=None`), no session locks, and every table is named with its schema instead of a `search_path`.
"""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import psycopg
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import QueuePool

from backend_server.errors import ConfigError

from .topics import NUMBERS, ChangeNumbers

SCHEMA = "dashwright"
_CONNECTIONS = 8
# What other tools put into the same variable and libpq would refuse.
_FOREIGN_PARAMETERS = frozenset({"pgbouncer", "connection_limit", "pool_timeout", "schema", "supa"})


def connection_text(url: str) -> str:
    """Check a database URL and give it as libpq reads it; raises ConfigError, which never shows the password."""
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) or "host=" in parts.query
        _ = parts.port
    except ValueError:
        named = False
    if not named:
        raise ConfigError("DATABASE_URL cannot be read; write postgresql://user:password@host:5432/database")
    query = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if name.lower() not in _FOREIGN_PARAMETERS
    ]
    cleaned = urlunsplit(("postgresql", parts.netloc, parts.path, urlencode(query), ""))
    try:
        psycopg.conninfo.conninfo_to_dict(cleaned)
    except psycopg.ProgrammingError as fault:
        raise ConfigError(f"DATABASE_URL has a parameter that PostgreSQL does not know: {fault}") from fault
    return cleaned


def connect(conninfo: str, *, autocommit: bool = False) -> psycopg.Connection[Any]:
    """Open one connection; a dead network is noticed in seconds, not in hours."""
    defaults: dict[str, Any] = {
        "connect_timeout": 5,
        "application_name": "dashwright",
        "keepalives_idle": 30,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 20_000,
    }
    given = psycopg.conninfo.conninfo_to_dict(conninfo)
    return psycopg.connect(
        conninfo,
        autocommit=autocommit,
        prepare_threshold=None,
        **{name: value for name, value in defaults.items() if name not in given},
    )


def make_engine(conninfo: str, **options: Any) -> Engine:
    """Create the engine; tables are named with their schema."""
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: connect(conninfo),
        poolclass=QueuePool,
        pool_size=_CONNECTIONS,
        max_overflow=_CONNECTIONS,
        pool_timeout=10,
        pool_pre_ping=True,
        use_native_hstore=False,
        **options,
    )
    return engine.execution_options(schema_translate_map={None: SCHEMA})


class ChangeWatch:
    """The store's change numbers by a one-row read on a connection of its own, outside any transaction."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._connection: psycopg.Connection[Any] | None = None
        self._lock = threading.Lock()

    def numbers(self) -> ChangeNumbers:
        """Read the change numbers; a connection that died meanwhile is opened again once. Raises psycopg.Error."""
        with self._lock:
            if self._connection is not None:
                try:
                    return self._read(self._connection)
                except psycopg.OperationalError:
                    self._drop()
            self._connection = connect(self._conninfo, autocommit=True)
            return self._read(self._connection)

    def _read(self, connection: psycopg.Connection[Any]) -> ChangeNumbers:
        row: ChangeNumbers | None = connection.execute(f"SELECT {NUMBERS} FROM {SCHEMA}.store WHERE id = 1").fetchone()  # noqa: S608 - constants
        if row is None:
            raise psycopg.errors.UndefinedTable("store")
        return row

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        with self._lock:
            self._drop()
