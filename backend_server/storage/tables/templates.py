"""The last good source of each template, as rows: what the worker keeps and every process reads."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from backend_server.catalog.model import StoredTemplate

from ..engine.store import Transactions
from ..engine.topics import Topic
from ..schema import templates


class TemplateTable:
    """The rows of one store; fits `catalog.ports.TemplateStore`."""

    def __init__(self, store: Transactions) -> None:
        self._store = store
        self.change_number = store.number_of(Topic.TEMPLATES)

    def everything(self) -> dict[str, StoredTemplate]:
        """Return all rows by name."""
        columns = (templates.c.name, templates.c.hash, templates.c.source, templates.c.error)
        with self._store.read() as connection:
            rows = connection.execute(select(*columns).order_by(templates.c.name))
            return {row.name: StoredTemplate(row.name, row.hash, row.source, row.error) for row in rows}

    def put(self, changed: Collection[StoredTemplate], removed: Collection[str]) -> None:
        """Store changed rows, and forget removed ones."""
        if not changed and not removed:
            return
        insert = postgres_insert if self._store.dialect == "postgresql" else sqlite_insert
        with self._store.write(Topic.TEMPLATES) as write:
            for template in changed:
                values = {
                    "hash": template.hash,
                    "source": template.source,
                    "error": template.error,
                    "updated_at": write.now_ms,
                }
                statement = insert(templates).values(name=template.name, **values)
                write.connection.execute(
                    statement.on_conflict_do_update(index_elements=[templates.c.name], set_=values)
                )
            write.connection.execute(delete(templates).where(templates.c.name.in_(sorted(removed))))
