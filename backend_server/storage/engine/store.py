"""The store: one database, its change number, and transactions in the order of that number.

The change number is raised by the first statement of every write, so on PostgreSQL its row lock puts writers in line,
and commits come in the order of their numbers: whoever has seen number n has seen every write up to n.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import orjson
import psycopg
from sqlalchemy import BigInteger, ColumnElement, Connection, Engine, case, cast, exc, func, literal, select, update

from backend_server.errors import ConfigError, UpstreamError
from backend_server.primitives.clock import epoch_ms, seconds_left
from backend_server.primitives.limits import ConcurrencyLimit

from ..schema import store as store_table
from . import migrate as migrating
from . import postgres, sqlite
from .faults import worded
from .topics import COLUMNS, ChangeNumbers, Topic

FILE_NAME = "dashwright.db"
_PATIENCE_SECONDS = 15.0  # how long a write of no request waits for PostgreSQL's lock


class _Watch(Protocol):
    def numbers(self) -> ChangeNumbers: ...

    def close(self) -> None: ...


@dataclass(slots=True)
class Write:
    """A write transaction under way: `change` is its number, `now_ms` its moment by the database's clock."""

    connection: Connection
    change: int
    now_ms: int
    discarded: bool = field(default=False)

    def discard(self) -> None:
        """Roll everything back at the end, the change number too: it turned out that there is nothing to write."""
        self.discarded = True


class Transactions(Protocol):
    """Transactions over one store; whether a write may be made is for whoever fits this to say."""

    @property
    def dialect(self) -> str: ...
    def number_of(self, *topics: Topic) -> Callable[[], int]: ...
    def read(self) -> AbstractContextManager[Connection]: ...
    def write(self, *topics: Topic, moves: bool = True) -> AbstractContextManager[Write]: ...


class Store:
    """One open database, for any number of threads. Never carry an open store over a fork."""

    def __init__(
        self, dialect: str, *, readers: Engine, writer: Engine, watch: _Watch, file: sqlite.OpenedFile | None
    ) -> None:
        self.dialect = dialect
        self.file = file
        self.path = file.path if file else None
        self._readers = readers
        self._writer = writer
        self._watch = watch
        self._turn = sqlite.Turn() if dialect == "sqlite" else nullcontext()
        # Bounds the threads that write or wait for it; None in programs whose own loops bound them.
        self.writers: ConcurrencyLimit | None = None

    @classmethod
    def open(cls, url: str | None, data_dir: Path, *, make: bool = True) -> Store:
        """Open PostgreSQL at `url`, or SQLite in `data_dir`; raises ConfigError when that cannot be done.

        Without `make` a SQLite file that is not there is such a case, and nothing is made.
        """
        path = _sqlite_path(url, data_dir)
        if path is not None:
            if not make and not _is_there(path):
                raise migrating.no_database(str(path))
            return _open_sqlite(path)
        scheme = _scheme(url)
        if url is not None and scheme in ("postgres", "postgresql", "postgresql+psycopg"):
            return _open_postgres(postgres.connection_text(url))
        raise ConfigError(
            f"DATABASE_URL begins with {scheme[:20]!r}; write postgresql://user:password@host:5432/database, "
            "or leave it out for SQLite"
        )

    def migrate(self) -> None:
        """Bring the tables to this version, safely from several processes at once; ConfigError on a newer database."""
        held = sqlite.locked_beside(self.path) if self.path else nullcontext()
        try:
            with held, self._turn, self._writer.begin() as connection:
                migrating.upgrade(connection)
        except exc.SQLAlchemyError as fault:
            raise ConfigError(
                f"The database could not be prepared: {worded(fault, 'making its tables').message}"
            ) from fault

    def check(self) -> None:
        """Refuse a database that is not exactly of this version (ConfigError), before anything is served from it."""
        try:
            with self._readers.connect() as connection:
                migrating.check(connection, str(self.path or "DATABASE_URL"))
        except exc.SQLAlchemyError as fault:
            raise ConfigError(worded(fault, "reading its version").message) from fault

    def epoch(self) -> str:
        """Return this database's name; a new or restored one has another."""
        with self.read() as connection:
            return str(connection.execute(select(store_table.c.epoch)).scalar_one())

    def change_number(self) -> int:
        """Return the number of the last committed write; cheap enough for every request. Raises UpstreamError."""
        return _numbers(self._watch)[0]

    def number_of(self, *topics: Topic) -> Callable[[], int]:
        """Return what asks for the number of the last write that touched one of these topics. It raises UpstreamError.

        It is called at every request, so the number is worked out once for each row of numbers.
        """
        watch = self._watch
        held: tuple[ChangeNumbers, int] = ((), 0)  # one value, so that threads never see a row with another's number

        def newest() -> int:
            nonlocal held
            numbers = _numbers(watch)
            known, number = held
            if numbers is not known:
                change, topics_change = numbers[0], numbers[1]
                number = max(numbers[topic] for topic in topics) if topics_change == change else change
                held = (numbers, number)
            return number

        return newest

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One snapshot for reading; nothing can be written in it. Raises UpstreamError."""
        with _faults_worded("reading"), self._readers.connect() as connection:
            yield connection

    @contextmanager
    def write(self, *topics: Topic, moves: bool = True) -> Iterator[Write]:
        """One write transaction, alone in its turn: all of it or nothing. Raises UpstreamError.

        `topics` are what it touches; without any, all. `moves=False` keeps the change number, for what no memory
        depends on (last seen, counters). Never call another service inside it.
        """
        room = nullcontext() if self.writers is None else self.writers.turn("requests write to the database")
        with (
            room,
            _faults_worded("writing"),
            self._turn,
            self._writer.connect() as connection,
            connection.begin() as whole,
        ):
            write = _begin(connection, self.dialect, topics or tuple(Topic), moves=moves)
            yield write
            if write.discarded:
                whole.rollback()
            elif self.file is not None:
                self.file.check()

    @contextmanager
    def aside(self) -> Iterator[Connection]:
        """A short transaction beside the order of writes (leases): it waits for no writer on PostgreSQL."""
        with _faults_worded("writing"), self._turn, self._writer.begin() as connection:
            yield connection
            if self.file is not None:
                self.file.check()

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """One transaction that may make and drop tables, under the lock of migrations. Raises UpstreamError."""
        held = sqlite.locked_beside(self.path) if self.path else nullcontext()
        with _faults_worded("restoring"), held, self._turn, self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self._watch.close()
        self._writer.dispose()
        self._readers.dispose()


def database_exists(url: str | None, data_dir: Path) -> bool:
    """Whether SQLite's file is there with tables in it; PostgreSQL is not asked, its server keeps it.

    A file that cannot be looked into counts as there: opening it says what is wrong.
    """
    path = _sqlite_path(url, data_dir)
    return path is None or (_is_there(path) and sqlite.holds_tables(path))


def _scheme(url: str | None) -> str:
    return url.split(":", 1)[0].lower() if url else ""


def _sqlite_path(url: str | None, data_dir: Path) -> Path | None:
    """Return where SQLite's file lies; None for another database."""
    if url is None:
        return data_dir / FILE_NAME
    return Path(url.partition("///")[2] or FILE_NAME) if _scheme(url) == "sqlite" else None


def _open_sqlite(path: Path) -> Store:
    try:
        sqlite.prepare_file(path)
    except (OSError, sqlite3.Error) as fault:
        raise ConfigError(
            f"The database {path} cannot be opened ({fault}); DATA_DIR must be a folder this user may write to, "
            "and the file a sound SQLite database"
        ) from fault
    file = sqlite.OpenedFile(path)
    return Store(
        "sqlite",
        readers=sqlite.make_engine(file, writes=False, **_JSON),
        writer=sqlite.make_engine(file, writes=True, **_JSON),
        watch=sqlite.ChangeWatch(path),
        file=file,
    )


def _open_postgres(conninfo: str) -> Store:
    try:
        postgres.connect(conninfo).close()
    except psycopg.OperationalError as fault:
        raise ConfigError(
            "The database of DATABASE_URL does not let us in: "
            + _first_line(str(fault))
            + ". Check host, port, user, password and database, and that it is running"
        ) from fault
    engine = postgres.make_engine(conninfo, **_JSON)
    return Store(
        "postgresql",
        # One snapshot per read, as SQLite gives it, so that a device and its link always fit together.
        readers=engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True),
        writer=engine,
        watch=postgres.ChangeWatch(conninfo),
        file=None,
    )


def _begin(connection: Connection, dialect: str, topics: Collection[Topic], *, moves: bool) -> Write:
    if dialect == "postgresql":
        patience_ms = int(seconds_left(_PATIENCE_SECONDS) * 1000)
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {patience_ms}")
    now = database_now_ms(dialect)
    row_one = store_table.c.id == 1
    if moves:
        bumped = update(store_table).where(row_one).values(_moved(topics))
        row = connection.execute(bumped.returning(store_table.c.change, now)).one_or_none()
    else:
        row = connection.execute(select(store_table.c.change, now).where(row_one).with_for_update()).one_or_none()
    if row is None:
        raise UpstreamError("The database is empty; run `dashwright prepare` first.")
    return Write(connection, int(row[0]), int(row[1]))


@contextmanager
def _faults_worded(doing: str) -> Iterator[None]:
    """Turn what the database throws while `doing` into UpstreamError; integrity errors pass, callers branch on them."""
    try:
        yield
    except exc.IntegrityError:
        raise
    except (exc.DBAPIError, exc.TimeoutError) as fault:
        raise worded(fault, doing) from fault


def _moved(topics: Collection[Topic]) -> dict[str, ColumnElement[int]]:
    """Return the values of the store's row after a write that touches these topics."""
    change = store_table.c.change + 1
    all_named = store_table.c.topics_change == store_table.c.change
    return {
        "change": change,
        "topics_change": change,
        **{
            column.name: change if topic in topics else case((all_named, column), else_=change)
            for topic, column in COLUMNS.items()
        },
    }


def _json_text(value: object) -> str:
    """Write a value for a JSON column; keys sorted, so that equal values are equal text."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


# JSON columns are written and read the same way on both databases.
_JSON: dict[str, Any] = {"json_serializer": _json_text, "json_deserializer": orjson.loads}


def _numbers(watch: _Watch) -> ChangeNumbers:
    try:
        return watch.numbers()
    except (sqlite3.Error, psycopg.Error) as fault:
        raise worded(fault, "asking for changes") from fault


def database_now_ms(dialect: str) -> ColumnElement[int]:
    """Return the present moment in epoch ms: by PostgreSQL's clock (replicas differ), by this machine's for SQLite."""
    if dialect == "postgresql":
        return cast(func.extract("epoch", func.clock_timestamp()) * 1000, BigInteger)
    return literal(epoch_ms(), BigInteger)


def database_clock_ms(store: Transactions) -> int:
    """Return the present moment in epoch ms by the database's clock."""
    with store.read() as connection:
        return int(connection.execute(select(database_now_ms(store.dialect))).scalar_one())


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0].strip().rstrip(".") if text.strip() else "no reason given"


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return True  # e.g. in a folder closed to this user; opening it says what is wrong
