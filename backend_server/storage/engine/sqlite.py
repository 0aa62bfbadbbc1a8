"""SQLite: one file in WAL mode, one connection that writes, a pool that reads, one that watches for changes.

`synchronous=FULL`: in WAL mode NORMAL already survives kill -9, but a power cut may take back commits that were
acknowledged; FULL pays one flush per commit, and an unchanged device commits nothing.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from .topics import NUMBERS, ChangeNumbers

BUSY_TIMEOUT_MS = 15_000
_READERS = 8


def prepare_file(path: Path) -> None:
    """Create the file (private, in WAL mode). A file lock holds others off: the switch to WAL does not wait."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked_beside(path):
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
        finally:
            connection.close()


@contextmanager
def locked_beside(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on `<path>.lock`; a process that dies lets go of it."""
    handle = os.open(path.with_name(path.name + ".lock"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """Open one connection; transactions are begun by us, never by the driver."""
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "foreign_keys = ON",
        "synchronous = FULL",
        "journal_size_limit = 67108864",
        "temp_store = MEMORY",
        "trusted_schema = OFF",
        f"query_only = {'ON' if read_only else 'OFF'}",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


def make_engine(path: Path, *, writes: bool, **options: Any) -> Engine:
    """Create the writer's engine (one connection, `BEGIN IMMEDIATE`) or the readers' (a pool, one snapshot each)."""
    engine = create_engine(
        "sqlite://",
        creator=lambda: connect(path, read_only=not writes),
        poolclass=QueuePool,
        pool_size=1 if writes else _READERS,
        max_overflow=0 if writes else _READERS,
        pool_timeout=BUSY_TIMEOUT_MS / 1000,
        **options,
    )
    begin = "BEGIN IMMEDIATE" if writes else "BEGIN"

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # Immediate: the write lock is taken at once and waited for; a deferred one fails when it is upgraded.
        connection.exec_driver_sql(begin)

    return engine


class ChangeWatch:
    """The store's change numbers, nearly free: `PRAGMA data_version` says whether any other connection committed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._version = -1
        self._numbers: ChangeNumbers = ()
        self._lock = threading.Lock()

    def numbers(self) -> ChangeNumbers:
        """Read the change numbers; raises sqlite3.Error."""
        with self._lock:
            if self._connection is None:
                self._connection = connect(self._path, read_only=True)
            # fetchall: a statement that is not run to its end would keep its snapshot, and nothing new would be seen.
            version = self._connection.execute("PRAGMA data_version").fetchall()[0][0]
            if version != self._version:
                rows = self._connection.execute(f"SELECT {NUMBERS} FROM store WHERE id = 1").fetchall()  # noqa: S608 - a constant
                if not rows:
                    raise sqlite3.OperationalError("no such table: store")
                self._numbers, self._version = rows[0], version
            return self._numbers

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection, self._version = None, -1
