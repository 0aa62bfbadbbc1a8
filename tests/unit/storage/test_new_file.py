"""A new SQLite file: nothing of an earlier one enters it, no connection mixes two, and its folder is private."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from backend_server.errors import Unavailable
from backend_server.runtime.folders import make_folder
from backend_server.storage.engine.store import Store, database_exists
from backend_server.storage.schema import key_values


def put(store: Store, name: str) -> None:
    with store.write() as write:
        write.connection.execute(key_values.insert().values(name=name, value="1"))


def names(store: Store) -> list[str]:
    with store.read() as connection:
        return [row.name for row in connection.execute(key_values.select())]


def test_what_the_log_of_a_lost_file_holds_never_enters_a_new_one(tmp_path: Path) -> None:
    path, log = tmp_path / "dashwright.db", tmp_path / "dashwright.db-wal"
    lost = Store.open(None, tmp_path)
    lost.migrate()
    put(lost, "of the lost one")
    kept = log.read_bytes()
    assert kept
    lost.close()
    path.unlink()
    log.write_bytes(kept)

    new = Store.open(None, tmp_path)
    assert not database_exists(None, tmp_path), "it has no table yet"
    new.migrate()
    assert names(new) == []
    assert log.with_name("dashwright.db-wal.lost").read_bytes() == kept, "perhaps it is all that is left"
    new.close()


def test_a_connection_is_never_opened_to_another_file(tmp_path: Path) -> None:
    store = Store.open(None, tmp_path)
    store.migrate()
    put(store, "a")
    assert names(store) == ["a"]
    path = tmp_path / "dashwright.db"
    other = tmp_path / "other"
    other.mkdir()
    shutil.copyfile(path, other / path.name)
    (other / path.name).replace(path)
    with store.read() as connection:
        assert [row.name for row in connection.execute(key_values.select())] == ["a"], "what is open is still read"
        with pytest.raises(Unavailable, match="removed or replaced"), store.read():
            pass  # a second snapshot at the same time takes another connection
    store.close()


def test_a_folder_made_for_the_state_is_private_and_one_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    Store.open(None, tmp_path / "above" / "state").close()
    make_folder(tmp_path / "made" / "state", private=True)
    for made in ("above", "made"):
        assert (tmp_path / made / "state").stat().st_mode & 0o777 == 0o700
        assert (tmp_path / made).stat().st_mode & 0o077, "those above it are nobody's secret"
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    Store.open(None, shared).close()
    make_folder(shared, private=True)
    assert shared.stat().st_mode & 0o777 == 0o755
