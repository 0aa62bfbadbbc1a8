"""Named values that outlive restarts: generated secrets, check values, the state of passes, the worker's heartbeat.

No memory depends on them, so a write of one moves no change number.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from .engine.store import Transactions
from .schema import key_values


class KeyValues:
    """The values of one store, by name."""

    def __init__(self, store: Transactions) -> None:
        self._store = store

    def get(self, name: str) -> str | None:
        """Return a value, None when there is none."""
        query = select(key_values.c.value).where(key_values.c.name == name)
        with self._store.read() as connection:
            return connection.execute(query).scalar_one_or_none()

    def beginning(self, prefix: str) -> dict[str, str]:
        """Return every value whose name has the prefix, by name."""
        query = select(key_values.c.name, key_values.c.value)
        query = query.where(key_values.c.name.startswith(prefix, autoescape=True))
        with self._store.read() as connection:
            return {str(name): str(value) for name, value in connection.execute(query)}

    def set(self, name: str, value: str | None) -> None:
        """Store a value, replacing an earlier one; None removes it."""
        with self._store.write(moves=False) as write:
            if value is None:
                write.connection.execute(delete(key_values).where(key_values.c.name == name))
            else:
                write.connection.execute(
                    self._insert(name, value).on_conflict_do_update(
                        index_elements=[key_values.c.name], set_={"value": value}
                    )
                )

    def set_first(self, name: str, value: str) -> str:
        """Store a value unless there is one; returns the stored one, whoever came first."""
        with self._store.write(moves=False) as write:
            write.connection.execute(self._insert(name, value).on_conflict_do_nothing())
            query = select(key_values.c.value).where(key_values.c.name == name)
            return str(write.connection.execute(query).scalar_one())

    def _insert(self, name: str, value: str) -> Any:
        insert = postgres_insert if self._store.dialect == "postgresql" else sqlite_insert
        return insert(key_values).values(name=name, value=value)
