"""Bringing the tables to this version with Alembic, in one transaction, under a lock."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import OperationalError

from backend_server.errors import ConfigError
from backend_server.primitives.ids import new_token

from ..schema import store
from .postgres import SCHEMA

_SCRIPTS = Path(__file__).parent.parent / "migrations"
_LOCK = 0x44617368  # "Dash": the number of our advisory lock
_LOCK_SECONDS = 60  # another process of ours may be migrating


def upgrade(connection: Connection) -> None:
    """Run the migrations that are missing and make the store's one row; the caller commits.

    Raises ConfigError when the database was made by a later version.
    """
    schema = _enter_schema(connection)
    _refuse_newer(_revision(connection, schema))
    config = _config()
    config.attributes["connection"] = connection
    config.attributes["version_table_schema"] = schema
    command.upgrade(config, "head")
    if connection.execute(select(store.c.id)).one_or_none() is None:
        connection.execute(insert(store).values(id=1, epoch=str(new_token()), change=1, links_on=True, forget_change=0))


def upgrade_to(connection: Connection, wanted: str) -> None:
    """Create the tables as the version of this revision had them, in a database without any; the caller commits.

    Raises ConfigError when this version does not know the revision.
    """
    schema = _enter_schema(connection)
    _refuse_newer(wanted)
    config = _config()
    config.attributes["connection"] = connection
    config.attributes["version_table_schema"] = schema
    command.upgrade(config, wanted)


def revision(connection: Connection) -> str | None:
    """Return the revision of the database's tables; None for one without any."""
    return _revision(connection, SCHEMA if connection.dialect.name == "postgresql" else None)


def no_database(place: str) -> ConfigError:
    """Return the error for no database, or an empty one: most often these are not the settings of the service."""
    return ConfigError(
        f"There is no database at {place}; name a running service with --url, or set DATA_DIR (or DATABASE_URL) to its "
        "state. A new one is created by `dashwright prepare`."
    )


def check(connection: Connection, place: str) -> None:
    """Raise ConfigError unless the database, which lies at `place`, has exactly the tables of this version."""
    found = revision(connection)
    if found is None:
        raise no_database(place)
    _refuse_newer(found)
    if found != ScriptDirectory.from_config(_config()).get_current_head():
        raise ConfigError("The database is not of this version yet; run `dashwright prepare` first.")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _enter_schema(connection: Connection) -> str | None:
    """On PostgreSQL: take the lock, make the schema, work in it. All three end with the transaction, pooler or not."""
    if connection.dialect.name != "postgresql":
        return None
    # Whoever may sign in at the database may hold this lock; a start must end with a word then, and not hang.
    connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'"))
    try:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    except OperationalError as fault:
        raise ConfigError(
            f"Another session has held the lock of Dashwright's tables for {_LOCK_SECONDS} s. pg_locks names it "
            f"(locktype advisory, objid {_LOCK}); end it with pg_terminate_backend, and start again."
        ) from fault
    connection.execute(text("SET LOCAL lock_timeout = 0"))
    exists = connection.execute(text("SELECT 1 FROM pg_namespace WHERE nspname = :name"), {"name": SCHEMA}).first()
    if exists is None:  # asked first, since a user without the right to create it may work in one made for him
        connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
    connection.execute(text(f"SET LOCAL search_path TO {SCHEMA}"))
    return SCHEMA


def _revision(connection: Connection, schema: str | None) -> str | None:
    options = {"version_table_schema": schema} if schema else {}
    return MigrationContext.configure(connection, opts=options).get_current_revision()


def _refuse_newer(found: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found is not None and found not in known:
        raise ConfigError(
            f"The database was made by a later version of Dashwright (its tables are at {found!r}, this version knows "
            f"up to {max(known)!r}). Run that version, or restore a backup made before the upgrade."
        )
