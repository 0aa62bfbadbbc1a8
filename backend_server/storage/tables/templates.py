"""The last good source of each template, as rows: what the worker keeps and every process reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from ..engine.store import Store
from ..engine.topics import Topic
from ..schema import templates
from .work import fenced_write


@dataclass(frozen=True, slots=True)
class ShelvedTemplate:
    """A template's last good source ("" = there never was one), its hash, and what is wrong with the file now."""

    name: str
    hash: str
    source: str
    error: str | None = None


class TemplateShelf:
    """The rows of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def everything(self) -> dict[str, ShelvedTemplate]:
        """Return all rows by name."""
        columns = (templates.c.name, templates.c.hash, templates.c.source, templates.c.error)
        with self._store.read() as connection:
            rows = connection.execute(select(*columns).order_by(templates.c.name))
            return {row.name: ShelvedTemplate(row.name, row.hash, row.source, row.error) for row in rows}

    def put(
        self, changed: Mapping[str, tuple[str, str, str | None]], removed: Collection[str], *, fencing: int | None
    ) -> None:
        """Store changed rows, `{name: (hash, source, error)}`, and forget removed ones. Raises LeaseLost."""
        if not changed and not removed:
            return
        insert = postgres_insert if self._store.dialect == "postgresql" else sqlite_insert
        with fenced_write(self._store, fencing, topics=(Topic.TEMPLATES,)) as write:
            for name, (digest, source, error) in changed.items():
                values = {"hash": digest, "source": source, "error": error, "updated_at": write.now_ms}
                statement = insert(templates).values(name=name, **values)
                write.connection.execute(
                    statement.on_conflict_do_update(index_elements=[templates.c.name], set_=values)
                )
            write.connection.execute(delete(templates).where(templates.c.name.in_(sorted(removed))))
