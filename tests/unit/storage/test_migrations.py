"""Migrations: they make what `schema/` says, from several processes at once, and never touch a newer database."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from backend_server.errors import ConfigError
from backend_server.storage.engine.store import Store
from backend_server.storage.schema import metadata

_MIGRATE = """
import sys
from pathlib import Path
from backend_server.storage.engine.store import Store
store = Store.open(sys.argv[1] or None, Path(sys.argv[2]))
store.migrate()
print(store.epoch())
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    if request.param == "sqlite":
        yield None, tmp_path
        return
    server = request.getfixturevalue("postgres")
    name = server.make_database()
    yield server.url(name), tmp_path
    server.drop_database(name)


def test_migrations_make_exactly_the_schema(store: Store) -> None:
    with store._writer.begin() as plain:
        connection = plain.execution_options(schema_translate_map=None)
        if store.dialect == "postgresql":
            connection.execute(text("SET LOCAL search_path TO dashwright"))
        context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": metadata})
        found = [change for change in compare_metadata(context, metadata) if "alembic_version" not in str(change)]
    assert found == []


def test_several_processes_may_migrate_at_once(empty: Any) -> None:
    url, data_dir = empty
    started = [
        subprocess.Popen(
            [sys.executable, "-c", _MIGRATE, url or "", str(data_dir)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[3],
        )
        for _ in range(3)
    ]
    epochs = {process.communicate()[0] for process in started}
    assert [process.returncode for process in started] == [0, 0, 0]
    assert len(epochs) == 1


def test_migrating_again_changes_nothing(store: Store) -> None:
    epoch, number = store.epoch(), store.change_number()
    store.migrate()
    store.check()
    assert (store.epoch(), store.change_number()) == (epoch, number)


def test_a_newer_database_is_refused_and_left_alone(store: Store, database: tuple[str | None, Path]) -> None:
    with store.write() as write:
        table = "dashwright.alembic_version" if store.dialect == "postgresql" else "alembic_version"
        write.connection.execute(text(f"UPDATE {table} SET version_num = '9999'"))
    number = store.change_number()
    other = Store.open(*database)
    with pytest.raises(ConfigError, match=r"later version.*'9999'"):
        other.migrate()
    with pytest.raises(ConfigError, match="later version"):
        other.check()
    assert store.change_number() == number
    other.close()


def test_an_empty_database_says_what_to_do(empty: Any) -> None:
    store = Store.open(*empty)
    for ask in (store.change_number, store.epoch, store.check):
        with pytest.raises(ConfigError, match="dashwright prepare"):
            ask()
    store.close()
