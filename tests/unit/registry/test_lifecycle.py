"""Retiring, reviving, listing, last seen, heartbeats, on both databases."""

from __future__ import annotations

import orjson
import pytest
from sqlalchemy import select, update

from backend_server.devices.device import DeviceState
from backend_server.errors import Gone, NotFound
from backend_server.links import LinkState
from backend_server.primitives.ids import DeviceId
from backend_server.registry import RegistryOptions
from backend_server.storage import schema
from backend_server.storage.engine.store import Store
from tests.support.fleet import Clock, device_hook, device_registry, link_registry

BASE = "https://dash.example.com"
A, B = DeviceId("a"), DeviceId("b")
OPTIONS = RegistryOptions(stale_after_ms=90_000, retired_keep_ms=1_000_000)


def test_retire_ends_links_at_once_and_revive_gives_the_same_back(store: Store) -> None:
    registry, links = device_registry(store), link_registry(store)
    token = registry.put("rig-1", {}, "poller").view.link.token
    assert links.directory.find(token).state(0) is LinkState.PENDING

    view = registry.retire("rig-1", "ann")

    assert view.state is DeviceState.RETIRED
    assert links.directory.find(token).state(0) is LinkState.REVOKED
    with store.read() as connection:
        document = connection.execute(select(schema.documents)).mappings().one()
        publication = connection.execute(select(schema.publications)).mappings().one()
    assert (document["wanted"], document["state"], document["dirty"]) == ("absent", "retiring", True)
    assert publication["state"] == "unwanted"

    view = registry.revive("rig-1", "ann")

    assert view.state is DeviceState.ACTIVE
    assert view.link.token == token
    assert links.directory.find(token).state(0) is LinkState.PENDING
    with store.read() as connection:
        assert (
            connection.execute(select(schema.publications.c.access_token)).scalar_one() == publication["access_token"]
        )
        actions = list(connection.execute(select(schema.audit.c.action).order_by(schema.audit.c.id)).scalars())
    assert actions == ["register", "retire", "revive"]


def test_a_put_never_brings_a_retired_device_back(store: Store) -> None:
    hook = device_hook(store)
    registry = hook.devices
    hook.put("rig-1", b'{"hostname":"One"}', "poller", BASE)
    registry.retire("rig-1", "ann")
    number = store.change_number()

    for _ in range(2):
        status, body = hook.put("rig-1", b'{"hostname":"Two"}', "poller", BASE)
        answer = orjson.loads(body)
        assert (status, answer["device"]["state"], answer["device"]["hostname"]) == (200, "retired", "One")
        assert answer["link"]["state"] == "revoked"
    assert store.change_number() == number


def test_each_deed_twice_changes_nothing_more(store: Store) -> None:
    registry = device_registry(store)
    registry.put("rig-1", {}, "poller")
    registry.revive("rig-1", "ann")
    assert store.change_number() == 2
    registry.retire("rig-1", "ann")
    registry.retire("rig-1", "bob")
    assert store.change_number() == 3
    assert registry.get("rig-1").record.retired_by == "ann"


def test_revive_is_refused_after_the_time_it_was_kept(store: Store) -> None:
    registry = device_registry(store, OPTIONS)
    registry.put("rig-1", {}, "poller")
    registry.retire("rig-1", "ann")
    with store.write() as write:
        write.connection.execute(update(schema.devices).values(retired_at=write.now_ms - 1_000_001))
    with pytest.raises(Gone, match="RETIRED_KEEP"):
        registry.revive("rig-1", "ann")


@pytest.mark.parametrize("deed", ["retire", "revive", "get"])
def test_an_unknown_device_is_not_found_and_nothing_is_written(store: Store, deed: str) -> None:
    registry, number = device_registry(store), store.change_number()
    with pytest.raises(NotFound, match="'nobody'"):
        getattr(registry, deed)("nobody", *([] if deed == "get" else ["ann"]))
    assert store.change_number() == number


def test_a_device_turns_stale_and_is_active_again_when_seen(store: Store) -> None:
    clock = Clock()
    registry = device_registry(store, OPTIONS, clock_ms=clock)
    registry.put("a", {}, "poller")
    registry.put("b", {}, "poller")
    registry.flush()
    clock.now_ms += 100_000
    registry.put("b", {}, "poller")
    assert registry.get("a").state is DeviceState.STALE
    assert registry.get("b").state is DeviceState.ACTIVE
    assert [view.device.id for view in registry.list("stale").items] == ["a"]
    assert [view.device.id for view in registry.list("active").items] == ["b"]
    registry.retire("b", "ann")
    assert registry.counts() == {"stale": 1, "retired": 1}


def test_lists_are_paged_searched_and_filtered(store: Store) -> None:
    registry = device_registry(store)
    for number in range(5):
        registry.put(f"rig-{number}", {"hostname": f"50%_{number}", "kind": "miner" if number else "generic"}, "p")
    registry.set_by_operator("rig-1", {"kind": "router", "hostname": "Edge"}, "ann")
    page = registry.list(page=2, per_page=2)
    assert ([view.device.id for view in page.items], page.total) == (["rig-2", "rig-3"], 5)
    assert [view.device.id for view in registry.list(kind="miner").items] == ["rig-2", "rig-3", "rig-4"]
    assert [view.device.id for view in registry.list(kind="generic").items] == ["rig-0"]
    assert [view.device.id for view in registry.list(search="eDGe").items] == ["rig-1"]
    assert [view.device.id for view in registry.list(search="%_3").items] == ["rig-3"]
    assert registry.list(search="0__").total == 0


def test_a_heartbeat_keeps_a_clients_devices_fresh(store: Store) -> None:
    clock = Clock()
    registry = device_registry(store, OPTIONS, clock_ms=clock)
    registry.upserter.upsert_many({A: {}, B: {}}, "poller", client="c1")
    registry.put("other", {}, "poller", client="c2")
    clock.now_ms += 100_000

    answer = registry.upserter.heartbeat(store.epoch(), 2, client="c1")

    assert (answer.epoch, answer.resend) == (store.epoch(), False)
    assert {view.device.id for view in registry.list("active").items} == {"a", "b"}


def test_after_a_restart_a_client_is_asked_once_to_send_again(store: Store) -> None:
    device_registry(store).upserter.upsert_many({A: {}, B: {}}, "poller", client="c1")
    registry = device_registry(store)
    assert registry.upserter.heartbeat(store.epoch(), 2, client="c1").resend is True
    registry.upserter.upsert_many({A: {}, B: {}}, "poller", client="c1")
    assert registry.upserter.heartbeat(store.epoch(), 2, client="c1").resend is False


def test_another_database_is_told_by_its_epoch(store: Store) -> None:
    registry = device_registry(store)
    registry.upserter.upsert_many({A: {}}, "poller", client="c1")
    old = store.epoch()
    assert registry.upserter.heartbeat(old, 1, client="c1").resend is False
    new = "f" * 32
    with store.write() as write:  # what a restore does
        write.connection.execute(update(schema.store).values(epoch=new, forget_change=write.change))
    answer = registry.upserter.heartbeat(old, 1, client="c1")
    assert (answer.epoch, answer.resend) == (new, True)
    assert registry.upserter.heartbeat(None, 0, client="c9").resend is True


def test_a_client_that_dropped_a_device_does_not_keep_it_fresh(store: Store) -> None:
    clock = Clock()
    registry = device_registry(store, OPTIONS, clock_ms=clock)
    registry.upserter.upsert_many({A: {}, B: {}}, "poller", client="c1")
    assert registry.upserter.heartbeat(store.epoch(), 1, client="c1").resend is True
    registry.upserter.upsert_many({A: {}}, "poller", client="c1")
    clock.now_ms += 100_000
    assert registry.upserter.heartbeat(store.epoch(), 1, client="c1").resend is False
    assert {view.device.id for view in registry.list("active").items} == {"a"}


def test_documents_follow_templates(store: Store) -> None:
    registry = device_registry(store)
    registry.put("a", {"kind": "miner"}, "poller")
    with store.write() as write:
        write.connection.execute(schema.documents.delete().where(schema.documents.c.slot == "detail"))
    assert registry.match_slots(["a", "nobody"]) == 1
    assert [document.slot for document in registry.get("a").documents] == ["detail", "main"]
    number = store.change_number()
    assert registry.match_slots(["a"]) == 0
    assert store.change_number() == number
