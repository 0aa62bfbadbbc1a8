"""A device's dashboard through its life: made, changed, retired, back; and a second pass never does anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend_server.links import LinkState
from backend_server.primitives.ids import DeviceId
from backend_server.reconcile.model import Outcome
from backend_server.reconcile.pass_.plan import Action
from backend_server.reconcile.reconciler import Options
from backend_server.storage.engine.store import Store
from tests.fakes.grafana import FakeGrafana
from tests.support.fleet import new_link
from tests.support.reconciling import House, house_of, template_set, template_source


@pytest.fixture
def house(store: Store, dashboards_dir: Path, fake_grafana: FakeGrafana) -> Iterator[House]:
    with house_of(store, dashboards_dir, fake_grafana.url) as house:
        yield house


@pytest.fixture
def alone(store: Store, dashboards_dir: Path) -> Iterator[House]:
    with house_of(store, dashboards_dir) as house:
        yield house


def changing(fake: Any) -> list[str]:
    return [f"{request.method} {request.path}" for request in fake.requests_that_change_something()]


def visitor_status(house: House, token: str) -> int:
    return house.client.visitor_dashboard(token).status


def test_a_new_device_is_written_loaded_and_public_with_the_ids_chosen_before(
    house: House, fake_grafana: FakeGrafana
) -> None:
    house.put("rig-1", hostname="Rig One")
    before = house.row("rig-1")
    assert (before["state"], before["public"]) == ("pending", "wanted")

    report = house.reconciler.run_pass()

    row = house.row("rig-1")
    assert (row["state"], row["dirty"], row["reason"], row["public"]) == ("live", False, None, "live")
    assert (row["public_uid"], row["access_token"]) == (before["public_uid"], before["access_token"])
    assert row["written_hash"] == row["loaded_hash"]
    assert report.uids(Outcome.FINISHED) == {row["uid"]}
    assert visitor_status(house, row["access_token"]) == 200
    public = house.client.public_of(row["uid"])
    assert (public.uid, public.enabled, public.time_selection, public.annotations) == (
        row["public_uid"],
        True,
        True,
        False,
    )
    assert changing(fake_grafana) == [
        "POST /api/admin/provisioning/dashboards/reload",
        f"POST /api/dashboards/uid/{row['uid']}/public-dashboards",
    ]


def test_a_second_pass_writes_nothing_and_calls_nothing(house: House, fake_grafana: FakeGrafana) -> None:
    for number in range(5):
        house.put(f"rig-{number}")
    house.use(template_set(generic=template_source(), fleet=template_source(slot="overview", scope="fleet")))
    house.settle()
    house.reconciler.audit()
    marks, change = house.marks(), house.store.change_number()
    fake_grafana.forget_requests()

    report = house.reconciler.run_pass()

    assert not report.changed_something
    assert fake_grafana.requests == []
    house.reconciler.audit()
    assert [f"{one.method} {one.path}" for one in fake_grafana.requests] == ["GET /api/dashboards/public-dashboards"]
    assert house.marks() == marks
    assert house.store.change_number() == change
    assert house.reconciler.plan().steps == ()


def test_a_change_keeps_uid_token_and_file(house: House, fake_grafana: FakeGrafana) -> None:
    house.put("rig-1", hostname="old")
    house.settle()
    before = house.row("rig-1")
    fake_grafana.forget_requests()

    house.put("rig-1", hostname="new")
    assert house.row("rig-1")["state"] == "live"  # visitors keep the old one meanwhile
    house.settle()

    after = house.row("rig-1")
    for name in ("uid", "file", "public_uid", "access_token"):
        assert after[name] == before[name]
    assert after["title"] == "new (rig-1)"
    assert changing(fake_grafana) == ["POST /api/admin/provisioning/dashboards/reload"]
    assert json.loads(house.files()[after["file"]])["title"] == "new (rig-1)"


def test_another_template_keeps_uid_token_and_file(house: House) -> None:
    house.put("rig-1", kind="miner")
    house.settle()
    before = house.row("rig-1")
    house.use(template_set(generic=template_source(), miner=template_source(kind="miner", description="for miners")))
    house.settle()
    after = house.row("rig-1")
    assert (after["uid"], after["file"], after["access_token"]) == (
        before["uid"],
        before["file"],
        before["access_token"],
    )
    assert after["template"] == "miner.json"
    assert json.loads(house.files()[after["file"]])["description"] == "for miners"


def test_a_template_change_that_leaves_a_device_alone_writes_no_file(house: House, fake_grafana: FakeGrafana) -> None:
    house.put("rig-1")
    house.settle()
    marks = house.marks()
    fake_grafana.forget_requests()
    house.use(template_set(generic=template_source(), miner=template_source(kind="miner")))
    house.settle()
    assert house.marks() == marks
    assert fake_grafana.requests == []


def test_retiring_goes_in_the_order_that_leaves_nothing_behind(house: House, fake_grafana: FakeGrafana) -> None:
    house.put("rig-1")
    house.put("rig-2")
    house.settle()
    row = house.row("rig-1")
    fake_grafana.forget_requests()

    house.registry.retire("rig-1", "ann")
    house.settle()

    assert changing(fake_grafana) == [
        f"DELETE /api/dashboards/uid/{row['uid']}/public-dashboards/{row['public_uid']}",
        "POST /api/admin/provisioning/dashboards/reload",
        f"DELETE /api/dashboards/uid/{row['uid']}",
    ]
    gone = house.row("rig-1")
    assert (gone["state"], gone["dirty"], gone["public"], gone["written_hash"], gone["loaded_hash"]) == (
        "gone",
        False,
        "gone",
        None,
        None,
    )
    assert list(house.files()) == [house.row("rig-2")["file"]]
    assert fake_grafana.dashboard_uids() == [house.row("rig-2")["uid"]]
    assert visitor_status(house, row["access_token"]) == 404


def test_reviving_brings_the_same_link_back(house: House) -> None:
    house.put("rig-1")
    house.settle()
    before = house.row("rig-1")
    house.registry.retire("rig-1", "ann")
    house.settle()
    house.registry.revive("rig-1", "ann")
    house.settle()
    after = house.row("rig-1")
    assert (after["state"], after["access_token"], after["file"]) == ("live", before["access_token"], before["file"])
    assert visitor_status(house, before["access_token"]) == 200


def test_retired_long_enough_is_purged(store: Store, dashboards_dir: Path, fake_grafana: FakeGrafana) -> None:
    with house_of(store, dashboards_dir, fake_grafana.url, options=Options(retired_keep_seconds=-1)) as house:
        house.put("rig-1")
        house.put("rig-2")
        house.settle()
        house.registry.retire("rig-1", "ann")
        house.settle()
        assert house.reconciler.plan().uids(Action.PURGE) == ("rig-1",)
        assert house.reconciler.run_pass().purged == 1
        assert len(house.rows()) == 1
        assert house.reconciler.run_pass().purged == 0
        with pytest.raises(Exception, match="rig-1"):
            house.registry.get("rig-1")


def test_three_hundred_devices_share_one_reload(house: House, fake_grafana: FakeGrafana) -> None:
    devices = {DeviceId(f"rig-{number}"): {"hostname": f"host {number}"} for number in range(300)}
    house.registry.upserter.upsert_many(devices, "test")
    house.settle()
    assert fake_grafana.reload_count - 1 <= 2  # one belongs to Grafana's own start
    assert {row["state"] for row in house.rows().values()} == {"live"}


def test_a_device_that_is_not_shared_is_loaded_and_not_public(house: House, fake_grafana: FakeGrafana) -> None:
    house.put("rig-1", share=False)
    house.settle()
    row = house.row("rig-1")
    assert row["state"] == "live"
    assert house.client.public_of(row["uid"]) is None
    house.put("rig-1", share=True)
    house.settle()
    assert visitor_status(house, row["access_token"]) == 200
    house.put("rig-1", share=False)
    house.settle()
    assert house.client.public_of(row["uid"]) is None
    assert house.row("rig-1")["public"] == "gone"


def test_fleet_documents_come_and_go_with_their_template(house: House, fake_grafana: FakeGrafana) -> None:
    house.put("rig-1")
    house.use(template_set(generic=template_source(), fleet=template_source(slot="overview", scope="fleet")))
    house.settle()
    (fleet,) = [row for row in house.rows().values() if row["maker"] == "flt"]
    assert (fleet["state"], fleet["title"]) == ("live", "Fleet")
    assert fleet["file"] == f"packs/Fleet/{fleet['uid']}.json"
    marks = house.marks()
    house.put("rig-2")
    house.settle()
    assert house.marks()[fleet["file"]] == marks[fleet["file"]]
    house.use(template_set(generic=template_source()))
    house.settle()
    assert fleet["file"] not in house.files()
    assert fleet["uid"] not in fake_grafana.dashboard_uids()


def test_links_to_a_fleet_document_end_with_it_and_come_back_with_it(house: House) -> None:
    both = template_set(generic=template_source(), fleet=template_source(slot="overview", scope="fleet"))
    house.use(both)
    house.settle()
    (fleet,) = house.rows().values()
    links = house.links
    made = links.create(new_link({"document": fleet["uid"]}), "ada").link
    revoked = links.create(new_link({"document": fleet["uid"]}), "ada").link
    links.revoke(revoked.token, "ada")
    house.settle()
    (shown,) = house.rows().values()
    house.use(template_set(generic=template_source()))
    assert links.directory.find(made.token).state(1) is LinkState.REVOKED
    house.settle()
    assert house.client.public_of(fleet["uid"]) is None

    house.use(both)
    assert links.directory.find(made.token).state(1) is LinkState.PENDING
    house.settle()
    assert links.directory.find(made.token).state(1) is LinkState.LIVE
    assert links.directory.find(revoked.token).state(1) is LinkState.REVOKED
    (back,) = house.rows().values()
    assert (back["public"], back["access_token"]) == ("live", shown["access_token"])


def test_without_grafana_written_is_live(alone: House) -> None:
    alone.put("rig-1")
    alone.reconciler.run_pass()
    row = alone.row("rig-1")
    assert (row["state"], row["dirty"]) == ("live", False)
    alone.registry.retire("rig-1", "ann")
    alone.reconciler.run_pass()
    assert (alone.row("rig-1")["state"], alone.files()) == ("gone", {})


def test_when_grafana_comes_later_everything_is_proven_there(
    store: Store, dashboards_dir: Path, fake_grafana: FakeGrafana
) -> None:
    with house_of(store, dashboards_dir) as alone:
        alone.reconciler.audit()
        alone.put("rig-1")
        alone.settle()
    with house_of(store, dashboards_dir, fake_grafana.url) as house:
        house.reconciler.audit()
        house.settle()
        assert visitor_status(house, house.row("rig-1")["access_token"]) == 200


def test_prepare_writes_all_files_and_asks_grafana_nothing(house: House, fake_grafana: FakeGrafana) -> None:
    for number in range(40):
        house.put(f"rig-{number}")
    report = house.reconciler.prepare_files()
    assert len(report.uids(Outcome.WRITTEN)) == len(house.files()) == 40
    assert fake_grafana.requests == []
    assert house.reconciler.prepare_files().uids(Outcome.WRITTEN) == frozenset()
    fake_grafana.restart()
    assert len(fake_grafana.dashboard_uids()) == 40
