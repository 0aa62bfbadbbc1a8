"""Who leads: a lease is a row with a holder, a fencing number and an end by the database's clock.

It works behind a transaction pooler, where session locks do not. Whoever takes over raises the fencing number, and a
write of one who led before is refused (`LedStore`), however late it comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Connection, case, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from backend_server.errors import LeaseLost
from backend_server.monitoring.model import LeaseState

from .engine.store import Store, Write, database_now_ms
from .engine.topics import Topic
from .schema import leases

WORKER_LEASE = "worker"


class Lease:
    """One named lease, asked for by one holder; `ttl_seconds` is how long it lasts without being renewed."""

    def __init__(self, store: Store, name: str, holder: str, *, ttl_seconds: float = 15.0) -> None:
        self._store = store
        self._name = name
        self._holder = holder
        self._ttl_ms = int(ttl_seconds * 1000)

    def acquire(self) -> int | None:
        """Acquire or renew the lease; returns its fencing number, None while another holds it. Raises UpstreamError."""
        now = database_now_ms(self._store.dialect)
        mine = leases.c.holder == self._holder
        take = (
            update(leases)
            .where(leases.c.name == self._name, mine | (leases.c.expires_at <= now))
            .values(
                holder=self._holder,
                fencing=case((mine, leases.c.fencing), else_=leases.c.fencing + 1),
                expires_at=now + self._ttl_ms,
            )
            .returning(leases.c.fencing)
        )
        with self._store.aside() as connection:
            fencing = connection.execute(take).scalar_one_or_none()
            if fencing is None:
                fencing = self._make(connection, now)
            return None if fencing is None else int(fencing)

    def release(self) -> None:
        """Release the lease, so that another may lead at once."""
        with self._store.aside() as connection:
            connection.execute(
                update(leases).where(leases.c.name == self._name, leases.c.holder == self._holder).values(expires_at=0)
            )

    def _make(self, connection: Connection, now: object) -> int | None:
        insert = postgres_insert if self._store.dialect == "postgresql" else sqlite_insert
        made = (
            insert(leases)
            .values(name=self._name, holder=self._holder, fencing=1, expires_at=now + self._ttl_ms)  # type: ignore[operator]  # a SQL expression
            .on_conflict_do_nothing()
            .returning(leases.c.fencing)
        )
        return connection.execute(made).scalar_one_or_none()


class LedStore:
    """A store that writes only while this process leads: each write compares the lead's number in its own transaction.

    `fencing` returns the number this process leads by, None while it does not. A worker that lost the lead in the
    middle of a pass can store nothing more: its writes raise LeaseLost.
    """

    def __init__(self, store: Store, fencing: Callable[[], int | None], *, name: str = WORKER_LEASE) -> None:
        self._store = store
        self._fencing = fencing
        self._name = name

    @property
    def dialect(self) -> str:
        """Name the kind of database."""
        return self._store.dialect

    def number_of(self, *topics: Topic) -> Callable[[], int]:
        """Return a function that reads the change number of these topics."""
        return self._store.number_of(*topics)

    def read(self) -> AbstractContextManager[Connection]:
        """Open a snapshot; reading needs no lead."""
        return self._store.read()

    @contextmanager
    def write(self, *topics: Topic, moves: bool = True) -> Iterator[Write]:
        """Open a write transaction; raises LeaseLost when another leads meanwhile."""
        with self._store.write(*topics, moves=moves) as write:
            query = select(leases.c.fencing).where(leases.c.name == self._name)
            fencing = self._fencing()
            if fencing is None or write.connection.execute(query).scalar_one_or_none() != fencing:
                raise LeaseLost("Another worker has taken the lead; this one stores nothing more.")
            yield write


def lease_state(connection: Connection, dialect: str, name: str) -> LeaseState | None:
    """Return a lease's state; None when it was never acquired."""
    query = select(leases.c.holder, leases.c.fencing, leases.c.expires_at > database_now_ms(dialect))
    row = connection.execute(query.where(leases.c.name == name)).one_or_none()
    return None if row is None else LeaseState(str(row[0]), int(row[1]), bool(row[2]))
