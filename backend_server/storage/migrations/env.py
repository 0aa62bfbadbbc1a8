"""Run by Alembic only, on the connection (and in the transaction) that `storage/engine/migrate.py` hands over."""

from __future__ import annotations

from alembic import context

from backend_server.storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table_schema=context.config.attributes["version_table_schema"],
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
