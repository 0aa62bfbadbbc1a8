"""SQLite: one file in WAL mode, one connection that writes, a pool that reads, one that watches for changes.

`synchronous=FULL`: in WAL mode NORMAL already survives kill -9, but a power cut may take back commits that were
acknowledged; FULL pays one flush per commit, and an unchanged device commits nothing.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from backend_server.errors import ConfigError
from backend_server.primitives.clock import seconds_left
from backend_server.telemetry import get_logger

from .disk import make_private_folder
from .faults import LOCKED, busy, lost
from .topics import NUMBERS, ChangeNumbers

BUSY_TIMEOUT_MS = 15_000
_READERS = 8
_log = get_logger("storage")
_LONGEST_TURN_SECONDS = 120  # for what has no deadline; a restore of a large state may take a while
_Identity = tuple[int, int]


def prepare_file(path: Path) -> None:
    """Create the file (private, in WAL mode) unless it is there; raises ConfigError for an emptied one.

    A new file comes under its name when it is a database, so one of no bytes was never ours to make. A file lock holds
    others off: the switch to WAL does not wait.
    """
    make_private_folder(path.parent)
    with locked_beside(path):
        if path.exists():
            if path.stat().st_size == 0:
                raise ConfigError(
                    f"The database {path} has been emptied (0 bytes). Move it away, with {path.name}-wal and "
                    f"{path.name}-shm beside it, and restore a backup: `dashwright restore FILE`"
                )
            _switch_to_wal(path)
            return
        handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
        try:
            _switch_to_wal(Path(beside))
            _set_log_aside(path)
            os.rename(beside, path)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise


def _set_log_aside(path: Path) -> None:
    """Keep the log of an earlier file of this name, perhaps all that is left of it, out of the new one.

    SQLite would take its pages for the new file's.
    """
    for end in ("-wal", "-shm"):
        left = path.with_name(path.name + end)
        if left.exists():
            left.replace(left.with_name(f"{left.name}.lost"))


def holds_tables(path: Path) -> bool:
    """Whether a file holds any table; one that cannot be read, or has no bytes, is for opening it to refuse."""
    try:
        if path.stat().st_size == 0:
            return True
        connection = connect(path, read_only=True)
        try:
            return bool(connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall())
        finally:
            connection.close()
    except (OSError, sqlite3.Error):
        return True


def _switch_to_wal(path: Path) -> None:
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
    finally:
        connection.close()


class OpenedFile:
    """Which file was opened, so that one removed, emptied or replaced under the service is noticed.

    SQLite itself goes on with the file it has open: what it stores is gone when the last process closes it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._identity = _identity(path)
        self._logged = False

    def is_there(self) -> bool:
        """Whether the path still leads to the file that was opened, with something in it."""
        return self._identity is not None and _identity(self.path) == self._identity

    def check(self) -> None:
        """Raise Unavailable unless it is there."""
        if not self.is_there():
            if not self._logged:
                self._logged = True
                _log.error("the database's file is not the one that was opened", file=str(self.path))
            raise lost()


def _identity(path: Path) -> _Identity | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found.st_size else None


class Turn:
    """One writer at a time. Threads wait here, in turn, rather than in SQLite's busy loop, which is not fair."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        """Wait for the turn; raises Unavailable when the request's deadline passes before."""
        if not self._lock.acquire(timeout=seconds_left(_LONGEST_TURN_SECONDS)):
            raise busy(LOCKED, "waiting for its turn to write")

    def __exit__(self, *_fault: object) -> None:
        self._lock.release()


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
        f"file:{quote(str(path))}?mode=rw",  # never creates a file where one was removed
        uri=True,
        timeout=BUSY_TIMEOUT_MS / 1000,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
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


def make_engine(file: OpenedFile, *, writes: bool, **options: Any) -> Engine:
    """Create the writer's engine (one connection, `BEGIN IMMEDIATE`) or the readers' (a pool, one snapshot each)."""

    def connect_to_it() -> sqlite3.Connection:
        file.check()  # or what is read would be of two databases
        return connect(file.path, read_only=not writes)

    engine = create_engine(
        "sqlite://",
        creator=connect_to_it,
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
        if writes:
            patience_ms = int(seconds_left(BUSY_TIMEOUT_MS / 1000) * 1000)
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {patience_ms}").close()
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
