"""Two registries over one database, as in two processes: they never disagree, and races make one of everything."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import orjson
import pytest
from sqlalchemy import func, select

from backend_server.storage import schema
from backend_server.storage.engine.store import Store
from tests.support.fleet import RegistryHook, device_hook

BASE = "https://dash.example.com"


@pytest.fixture
def two(database: tuple[str | None, Path]) -> Iterator[list[RegistryHook]]:
    stores = [Store.open(*database) for _ in range(2)]
    yield [device_hook(store) for store in stores]
    for store in stores:
        store.close()


def hostname(hook: RegistryHook, version: int) -> str:
    status, body = hook.put("rig-1", orjson.dumps({"hostname": f"v{version}"}), "poller", BASE)
    assert status in (200, 201)
    return orjson.loads(body)["device"]["hostname"]


def test_an_older_value_put_again_through_the_other_process_counts(two: list[RegistryHook]) -> None:
    a, b = two
    hostname(a, 1)
    hostname(b, 1)
    hostname(a, 2)
    assert hostname(b, 1) == "v1"
    assert a.devices.get("rig-1").device.hostname == b.devices.get("rig-1").device.hostname == "v1"
    assert hostname(a, 2) == "v2"


def test_any_order_of_calls_gives_what_was_put_last(two: list[RegistryHook]) -> None:
    chance = random.Random(20260131)
    for _ in range(120):
        hook, version = chance.choice(two), chance.randrange(3)
        if chance.random() < 0.3:
            results = orjson.loads(hook.items([{"id": "rig-1", "hostname": f"v{version}"}], "p", BASE))["results"]
            assert results[0]["device"]["hostname"] == f"v{version}"
        else:
            assert hostname(hook, version) == f"v{version}"
        assert chance.choice(two).devices.get("rig-1").device.hostname == f"v{version}"


def test_a_race_of_first_puts_makes_one_of_everything(two: list[RegistryHook]) -> None:
    def put(number: Any) -> Any:
        body = orjson.dumps({"hostname": "same", "labels": {"from": str(number % 3)}})
        return orjson.loads(two[number % 2].put("rig-1", body, "poller", BASE)[1])

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(put, range(40)))

    assert len({answer["link"]["token"] for answer in answers}) == 1
    assert len({answer["link"]["slug"] for answer in answers}) == 1
    with two[0].devices._records.reading() as reading:
        for table in (schema.devices, schema.documents, schema.links, schema.publications):
            count = cast("Any", reading)._connection.execute(select(func.count()).select_from(table)).scalar_one()
            assert count == 1, table.name
        registered = select(func.count()).where(schema.audit.c.action == "register")
        assert cast("Any", reading)._connection.execute(registered).scalar_one() == 1


def test_puts_retirements_and_reads_at_once_end_in_one_truth(two: list[RegistryHook]) -> None:
    def work(number: Any) -> None:
        hook = two[number % 2]
        if number % 10 == 5:
            hook.devices.retire("rig-1", "ann")
        elif number % 10 == 7:
            hook.devices.revive("rig-1", "ann")
        else:
            hostname(hook, number % 4)

    hostname(two[0], 0)
    token = two[0].devices.get("rig-1").link.token
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(60)))
    two[0].devices.revive("rig-1", "ann")

    assert hostname(two[0], 9) == hostname(two[1], 9) == "v9"
    views = [hook.devices.get("rig-1") for hook in two]
    assert {view.link.token for view in views} == {token}
    assert {view.link.suspended_at for view in views} == {None}


def test_unchanged_touches_neither_file_nor_row(sqlite_store: Store) -> None:
    hook = device_hook(sqlite_store)
    items = [{"id": f"rig-{number}", "hostname": "x"} for number in range(50)]
    hook.items(items, "poller", BASE)
    fresh = device_hook(sqlite_store)

    def files() -> list[Any]:
        path = sqlite_store.path
        return [hashlib.sha256(part.read_bytes()).hexdigest() for part in (path, path.with_name(path.name + "-wal"))]

    before = files()
    for _ in range(3):
        fresh.items(items, "poller", BASE)
        for item in items:
            fresh.put(item["id"], b'{"hostname":"x"}', "poller", BASE)
    assert files() == before


def test_a_memory_is_not_filled_with_what_is_older_than_it_knows(two: list[RegistryHook]) -> None:
    """A slow reader must not put back what another thread's check has just made it forget."""
    a, b = two
    hostname(a, 1)
    guard = a.devices.upserter.guard
    with a.devices._records.reading() as tx:
        tx.state()  # the snapshot begins here
        hostname(b, 2)
        guard.check()
        number = tx.state().change
    with guard.lock:
        assert not guard.may_keep(number)
    assert hostname(a, 1) == "v1"
