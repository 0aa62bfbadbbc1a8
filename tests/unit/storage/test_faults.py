"""A database that is away, full, locked, damaged or not ours."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from backend_server.errors import ConfigError, UpstreamError
from backend_server.storage.engine import sqlite
from backend_server.storage.engine.store import Store
from backend_server.storage.schema import key_values
from tests.support.postgres import Postgres, running_postgres


def test_an_unreachable_server_is_a_setting_to_mend_and_the_password_stays_secret(
    tmp_path: Path, unused_port: int
) -> None:
    with pytest.raises(ConfigError) as caught:
        Store.open(f"postgresql://ann:hidden@127.0.0.1:{unused_port}/x", tmp_path)
    assert "DATABASE_URL" in caught.value.message
    assert "hidden" not in caught.value.message


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("url", ["postgresql://", "postgresql://host:99999/x", "postgresql://h/x?nonsense=1"])
def test_an_url_that_cannot_be_read_is_named(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match="DATABASE_URL"):
        Store.open(url, tmp_path)


def test_parameters_of_other_tools_are_passed_over(postgres: Postgres, postgres_template: str, tmp_path: Path) -> None:
    name = postgres.make_database(postgres_template)
    store = Store.open(postgres.url(name).replace("postgresql:", "postgres:") + "?pgbouncer=true", tmp_path)
    assert store.change_number() == 1
    store.close()
    postgres.drop_database(name)


def test_a_server_that_goes_and_comes_back(tmp_path: Path) -> None:
    with running_postgres() as server:
        store = Store.open(server.url(), tmp_path)
        store.migrate()
        number = store.change_number()
        server.stop(how=signal.SIGQUIT)
        for ask in (store.change_number, store.epoch):
            with pytest.raises(UpstreamError) as caught:
                ask()
            assert "127.0.0.1" not in caught.value.message
        server.start()
        assert store.change_number() == number
        with store.write() as write:
            assert write.change == number + 1
        store.close()


def test_nothing_is_left_in_a_session(postgres: Postgres, postgres_template: str, tmp_path: Path) -> None:
    """What a transaction pooler needs: no prepared statements, no settings, no locks outlive a transaction."""
    name = postgres.make_database(postgres_template)
    store = Store.open(postgres.url(name), tmp_path)
    for _ in range(12):
        with store.write() as write:
            write.connection.execute(key_values.delete())
        with store.read() as connection:
            connection.execute(select(key_values)).all()
    with store._writer.connect() as connection:
        for view in ("pg_prepared_statements", "pg_locks WHERE locktype = 'advisory'"):
            assert connection.execute(text(f"SELECT count(*) FROM {view}")).scalar_one() == 0
        assert connection.execute(text("SHOW search_path")).scalar_one() == '"$user", public'
    store.close()
    postgres.drop_database(name)


def test_a_lock_that_is_never_given_up_is_told(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    sqlite_store.close()
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", 50)
    other = sqlite3.connect(sqlite_store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(UpstreamError, match="locked by another process"), sqlite_store.write():
        pass
    with sqlite_store.read() as connection:
        assert connection.execute(select(key_values)).all() == []
    other.execute("ROLLBACK")
    other.close()
    with sqlite_store.write():
        pass


def test_a_full_disk_loses_nothing_that_was_there(sqlite_store: Store) -> None:
    with sqlite_store.write() as write:
        write.connection.execute(key_values.insert().values(name="a", value="1"))
        pages = write.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        write.connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    number = sqlite_store.change_number()
    with pytest.raises(UpstreamError, match="disk is full"), sqlite_store.write() as write:
        write.connection.execute(key_values.insert().values(name="b", value="x" * 100_000))
    assert sqlite_store.change_number() == number
    with sqlite_store.read() as connection:
        assert connection.execute(select(key_values.c.name)).scalars().all() == ["a"]


def test_a_file_that_is_no_database_is_refused_at_start(tmp_path: Path) -> None:
    (tmp_path / "dashwright.db").write_bytes(b"hello, I am a text\n" * 100)
    with pytest.raises(ConfigError, match="sound SQLite database"):
        Store.open(None, tmp_path)


def test_a_folder_that_cannot_be_is_refused_at_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError, match="DATA_DIR"):
        Store.open(None, tmp_path / "file" / "below")


def test_the_database_file_is_private(sqlite_template: Path, tmp_path: Path) -> None:
    store = Store.open(None, tmp_path / "new")
    store.migrate()
    modes = {path.name: oct(os.stat(path).st_mode & 0o777) for path in (tmp_path / "new").iterdir()}
    assert set(modes.values()) == {"0o600"}
    store.close()


def test_writers_of_two_connections_commit_in_the_order_of_their_numbers(
    store: Store, database: tuple[str | None, Path]
) -> None:
    other, seen = Store.open(*database), []

    def write_many(one: Any) -> None:
        for _ in range(20):
            with one.write() as write:
                seen.append(write.change)

    threads = [threading.Thread(target=write_many, args=(one,)) for one in (store, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == sorted(seen)
    assert len(set(seen)) == 40
    other.close()
