"""The store: change numbers, transactions, faults, on both databases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from backend_server.errors import ConfigError, UpstreamError
from backend_server.storage.engine.store import Store
from backend_server.storage.engine.topics import Topic
from backend_server.storage.schema import key_values
from backend_server.storage.schema import store as store_table


def test_a_write_moves_the_number_by_one_and_other_stores_see_it(
    store: Store, database: tuple[str | None, Path]
) -> None:
    other = Store.open(*database)
    before = other.change_number()

    with store.write() as write:
        write.connection.execute(key_values.insert().values(name="a", value="1"))

    assert write.change == before + 1
    assert store.change_number() == before + 1
    assert other.change_number() == before + 1
    other.close()


def test_a_discarded_write_leaves_nothing_not_even_a_number(store: Store) -> None:
    before = store.change_number()
    with store.write() as write:
        write.connection.execute(key_values.insert().values(name="a", value="1"))
        write.discard()
    assert store.change_number() == before
    with store.read() as connection:
        assert connection.execute(select(key_values)).all() == []


def test_a_failing_write_leaves_nothing(store: Store) -> None:
    before = store.change_number()

    def fail() -> None:
        with store.write() as write:
            write.connection.execute(key_values.insert().values(name="a", value="1"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert store.change_number() == before


def test_an_unmoving_write_keeps_the_number(store: Store) -> None:
    before = store.change_number()
    with store.write(moves=False) as write:
        write.connection.execute(key_values.insert().values(name="a", value="1"))
    assert write.change == before == store.change_number()


def test_a_reader_keeps_its_snapshot_and_cannot_write(store: Store) -> None:
    with store.write() as write:
        write.connection.execute(key_values.insert().values(name="a", value="1"))
    with store.read() as connection:
        assert connection.execute(select(key_values.c.value)).scalar_one() == "1"
        with store.write() as write:
            write.connection.execute(update(key_values).values(value="2"))
        assert connection.execute(select(key_values.c.value)).scalar_one() == "1"
    with pytest.raises(UpstreamError), store.read() as connection:
        connection.execute(update(key_values).values(value="3"))
    with store.read() as connection:
        assert connection.execute(select(key_values.c.value)).scalar_one() == "2"


def test_another_scheme_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="begins with 'mysql'"):
        Store.open("mysql://x/y", tmp_path)


def test_a_write_moves_the_numbers_of_its_topics_alone(store: Any, database: Any) -> None:
    other = Store.open(*database)
    with store.write():
        pass
    first = {topic: store.number_of(topic)() for topic in Topic}
    assert set(first.values()) == {store.change_number()}, "a write that names no topics may have touched all"

    with store.write(Topic.LINKS) as write:
        pass

    assert store.number_of(Topic.LINKS)() == write.change == first[Topic.LINKS] + 1
    assert other.number_of(Topic.ACCOUNTS)() == first[Topic.ACCOUNTS]
    assert other.number_of(Topic.ACCOUNTS, Topic.LINKS)() == write.change == other.change_number()
    other.close()


def test_a_write_of_an_earlier_version_counts_for_every_topic(store: Any) -> None:
    with store.write():
        pass
    before = store.number_of(Topic.ACCOUNTS)()
    with store.aside() as connection:  # what a version without topics does
        connection.execute(update(store_table).values(change=store_table.c.change + 1))
    assert store.number_of(Topic.ACCOUNTS)() == before + 1

    with store.write(Topic.LINKS) as write:
        pass

    numbers = {topic: store.number_of(topic)() for topic in Topic}
    assert set(numbers.values()) == {write.change}, "the first write after it still vouches for nothing it did not see"
    with store.write(Topic.LINKS):
        pass
    assert store.number_of(Topic.ACCOUNTS)() == write.change
