"""Who leads: a lease is a row with a holder, a fencing number and an end by the database's clock.

It works behind a transaction pooler, where session locks do not. Whoever takes over raises the fencing number, and a
write that carries an older number is refused (`storage/tables/work.py`), however late it comes.
"""

from __future__ import annotations

from sqlalchemy import Connection, case, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from backend_server.monitoring.model import LeaseState

from .engine.store import Store, database_now_ms
from .schema import leases


class Lease:
    """One named lease, asked for by one holder; `ttl_seconds` is how long it lasts without being renewed."""

    def __init__(self, store: Store, name: str, holder: str, *, ttl_seconds: float = 15.0) -> None:
        self._store = store
        self._name = name
        self._holder = holder
        self._ttl_ms = int(ttl_seconds * 1000)

    def acquire(self) -> int | None:
        """Take or renew the lease; gives its fencing number, None while another holds it. Raises UpstreamError."""
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
        """Let go, so that another may take over at once."""
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


def lease_state(connection: Connection, dialect: str, name: str) -> LeaseState | None:
    """Look at a lease; None when nobody ever took it."""
    query = select(leases.c.holder, leases.c.fencing, leases.c.expires_at > database_now_ms(dialect))
    row = connection.execute(query.where(leases.c.name == name)).one_or_none()
    return None if row is None else LeaseState(str(row[0]), int(row[1]), bool(row[2]))
