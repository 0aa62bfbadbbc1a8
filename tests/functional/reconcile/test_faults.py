"""Whatever goes wrong is a state with its reason; nothing is claimed that was not proven, and all of it heals."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend_server.grafana import PublicDashboard
from backend_server.reconcile.pass_.grafana_actions import WALK_AWAITED
from backend_server.reconcile.pass_.run import GRAFANA_AWAY
from backend_server.storage.engine.store import Store
from tests.fakes.grafana import FakeGrafana
from tests.support.reconciling import House, heal, house_of, live, template_set, template_source

RELOAD = "POST /api/admin/provisioning/dashboards/reload"
PUBLIC = "POST .*/public-dashboards"
SHOWN = "GET /api/public/dashboards/"  # how a document that is to become public is proven


@pytest.fixture
def house(sqlite_store: Store, dashboards_dir: Path, fake_grafana: FakeGrafana) -> Iterator[House]:
    with house_of(sqlite_store, dashboards_dir, fake_grafana.url, timeout_seconds=1.0) as house:
        yield house


def test_grafana_that_refuses_connections_is_a_status_and_heals(house: House, fake_grafana: FakeGrafana) -> None:
    fake_grafana.refuse()
    house.put("rig-1")
    report = house.reconciler.run_pass()
    row = house.row("rig-1")
    assert (row["state"], row["reason"], row["dirty"]) == ("written", GRAFANA_AWAY, True)
    assert row["file"] in house.files()
    assert "accepts no connections" in report.grafana

    change = house.store.change_number()
    began = time.monotonic()
    while time.monotonic() - began < 0.2:
        house.reconciler.run_pass()
    assert house.store.change_number() == change  # no row is written again and again

    fake_grafana.accept()
    house.wake()
    house.settle()
    assert live(house)
    assert house.row("rig-1")["reason"] is None


def test_grafana_away_is_not_asked_in_a_hot_loop(house: House, fake_grafana: FakeGrafana) -> None:
    house.put("rig-1")
    fake_grafana.answer_once("", 503, {"message": "starting"}, times=-1)
    house.reconciler.run_pass()
    asked = len(fake_grafana.requests)
    moment = time.monotonic()
    house.reconciler.breaker._monotonic = lambda: moment  # the wait is not over, however slow this machine is
    for _ in range(20):
        house.reconciler.run_pass()
    assert len(fake_grafana.requests) == asked
    house.reconciler.breaker._monotonic = time.monotonic
    heal(house, fake_grafana)
    assert live(house)


def test_a_slow_grafana_ends_at_the_deadline_and_holds_up_nobody_else(house: House, fake_grafana: FakeGrafana) -> None:
    house.put("rig-0")
    house.settle()
    house.put("rig-1")
    house.registry.put("rig-2", {}, "test")
    fake_grafana.slow(3, SHOWN, times=2)
    began = time.monotonic()
    house.reconciler.run_pass()
    assert time.monotonic() - began < 5
    assert not live(house)
    assert house.row("rig-1")["reason"] == GRAFANA_AWAY
    heal(house, fake_grafana)
    assert live(house)
    assert live(house, "rig-2")


@pytest.mark.parametrize(
    ("match", "status"),
    [(RELOAD, 500), (SHOWN, 500), (PUBLIC, 500), (PUBLIC, 429), (RELOAD, 502), ("", 401)],
)
def test_errors_never_lead_to_a_false_claim_and_heal(
    house: House, fake_grafana: FakeGrafana, match: Any, status: int
) -> None:
    fake_grafana.answer_once(match, status, {"message": "Internal Server Error"}, times=-1)
    house.put("rig-1")
    house.reconciler.run_pass()
    row = house.row("rig-1")
    if match != RELOAD or status != 500:  # a failed reload may still have read this file
        assert row["state"] != "live"
        assert row["reason"]
    fake_grafana.heal()
    heal(house, fake_grafana)
    assert live(house)
    assert house.client.public_of(row["uid"]).access_token == row["access_token"]


@pytest.mark.parametrize("match", [RELOAD, PUBLIC])
def test_an_answer_lost_on_the_way_makes_nothing_twice(house: House, fake_grafana: FakeGrafana, match: Any) -> None:
    fake_grafana.lose_answer_once(match)
    house.put("rig-1")
    house.reconciler.run_pass()
    heal(house, fake_grafana)
    assert live(house)
    assert len(fake_grafana.database.rows) == 1


def test_where_we_may_not_reload_the_interval_is_awaited(house: House, fake_grafana: FakeGrafana) -> None:
    fake_grafana.answer_once(RELOAD, 403, {"message": "needed: provisioning:reload"}, times=-1)
    house.put("rig-1")
    house.reconciler.run_pass()
    row = house.row("rig-1")
    assert (row["state"], row["reason"]) == ("written", WALK_AWAITED)
    assert house.reconciler.run_pass().reloads == 0
    fake_grafana.poll()
    house.wake()
    house.settle()
    assert live(house)
    assert sum(request.path.endswith("/reload") for request in fake_grafana.requests) == 1


def test_a_reload_that_says_yes_and_did_not_take_the_file_is_not_believed(
    house: House, fake_grafana: FakeGrafana
) -> None:
    house.put("rig-1")
    fake_grafana.answer_once(RELOAD, 200, {"message": "Dashboards config reloaded"}, times=2)
    report = house.reconciler.run_pass()
    row = house.row("rig-1")
    assert row["state"] == "written"
    assert "Grafana has not taken the file: it still has no such dashboard" in row["reason"]
    assert report.failed[row["uid"]] == row["reason"]
    assert row["retry_at"] > 0
    heal(house, fake_grafana)
    assert live(house)


def test_an_update_grafana_did_not_take_keeps_the_old_one_served_and_is_not_called_new(
    house: House, fake_grafana: FakeGrafana
) -> None:
    house.put("rig-1", hostname="old")
    house.settle()
    fake_grafana.answer_once(RELOAD, 200, {"message": "Dashboards config reloaded"}, times=1)
    house.put("rig-1", hostname="new")
    house.reconciler.run_pass()
    row = house.row("rig-1")
    assert row["dirty"]
    assert "it still has other content" in row["reason"]
    view = house.registry.get("rig-1")
    assert [one.shown_state for one in view.documents] == ["pending"]
    assert view.found(view.link).document_state == "live"
    heal(house, fake_grafana)
    assert live(house)


def test_grafanas_lost_database_gets_the_same_publications_back(house: House, fake_grafana: FakeGrafana) -> None:
    for number in range(12):
        house.put(f"rig-{number}")
    house.settle()
    tokens = {row["uid"]: row["access_token"] for row in house.rows().values()}
    marks = house.marks()

    fake_grafana.forget_database()
    fake_grafana.forget_requests()
    report = house.reconciler.audit()
    assert report.public_lost == set(tokens)
    assert [request.method for request in fake_grafana.requests] == ["GET"]
    house.settle()

    assert {row.dashboard_uid: row.access_token for row in fake_grafana.database.rows} == tokens
    assert all(live(house, f"rig-{number}") for number in range(12))
    assert house.marks() == marks


def test_a_public_dashboard_paused_in_grafana_is_switched_on_again(house: House, fake_grafana: FakeGrafana) -> None:
    house.put("rig-1")
    house.settle()
    row = house.row("rig-1")
    house.client.update_public(row["uid"], row["public_uid"], enabled=False)
    fake_grafana.forget_requests()
    assert house.reconciler.audit().public_differs == {row["uid"]}
    assert [step.action.value for step in house.reconciler.plan().steps] == ["update public"]
    house.settle()
    assert [request.method for request in fake_grafana.requests_that_change_something()] == ["PATCH"]
    assert live(house)


def test_another_token_on_grafana_is_replaced_by_ours(house: House, fake_grafana: FakeGrafana) -> None:
    house.put("rig-1")
    house.settle()
    row = house.row("rig-1")
    house.client.delete_public(row["uid"], row["public_uid"])
    house.client.create_public(row["uid"], PublicDashboard("another", "f" * 32))
    fake_grafana.forget_requests()
    house.reconciler.audit()
    house.settle()
    assert [request.method for request in fake_grafana.requests_that_change_something()] == ["POST", "DELETE", "POST"]
    assert live(house)


def test_a_rival_that_publishes_at_the_same_moment_leaves_one_publication(
    house: House, fake_grafana: FakeGrafana
) -> None:
    house.put("rig-1")
    row = house.row("rig-1")

    def rival(_request: Any) -> None:
        house.client.create_public(row["uid"], PublicDashboard(row["public_uid"], row["access_token"]))

    fake_grafana.before_once(PUBLIC, rival)
    house.settle()
    assert live(house)
    assert len(fake_grafana.database.rows) == 1


def test_a_suspended_provider_is_told_and_nothing_is_claimed(house: House, fake_grafana: FakeGrafana) -> None:
    house.put("rig-1")
    house.settle()
    row = house.row("rig-1")
    twin = json.loads(house.files()[row["file"]]) | {"uid": "by-hand"}
    foreign = house.dashboards / row["file"].partition("/")[0] / "by-hand.json"
    foreign.write_text(json.dumps(twin))
    house.client.reload()
    house.put("rig-1", labels={"site": "north"})
    house.reconciler.run_pass()
    # The reload wrote everything once more; what comes after it waits for the duplicate to go.
    foreign.unlink()
    heal(house, fake_grafana)
    assert live(house)


def test_a_device_that_cannot_be_filled_is_quarantined_alone_and_its_last_good_version_stays(house: House) -> None:
    template = json.loads(template_source())
    template["panels"][0]["title"] = "At << device.labels.site >>"
    house.put("rig-1", labels={"site": "north"})
    house.put("rig-2")
    house.settle()
    before = house.files()[house.row("rig-2")["file"]]
    house.use(template_set(generic=json.dumps(template).encode()))
    house.settle()
    row = house.row("rig-2")
    assert (row["state"], row["dirty"]) == ("failed", False)
    assert "<< device.labels.site >>, but device 'rig-2' has no labels" in row["reason"]
    assert house.files()[row["file"]] == before
    assert house.client.visitor_dashboard(row["access_token"]).status == 200
    view = house.registry.get("rig-2")
    assert view.found(view.link).document_state == "live"
    assert live(house, "rig-1")
    house.put("rig-2", labels={"site": "south"})
    house.settle()
    assert live(house, "rig-2")


def test_a_quarantined_device_is_still_published_again_after_grafana_lost_its_database(
    house: House, fake_grafana: FakeGrafana
) -> None:
    template = json.loads(template_source())
    template["panels"][0]["title"] = "At << device.labels.site >>"
    house.put("rig-1")
    house.settle()
    house.use(template_set(generic=json.dumps(template).encode()))
    house.settle()
    fake_grafana.forget_database()
    house.reconciler.audit()
    house.settle()
    row = house.row("rig-1")
    assert row["state"] == "failed"
    assert house.client.visitor_dashboard(row["access_token"]).status == 200


def test_two_documents_of_one_title_never_reach_grafana_together(house: House) -> None:
    fixed = json.loads(template_source())
    fixed["__template__"]["title"] = "<< device.id | truncate(3) >>"
    house.use(template_set(generic=json.dumps(fixed).encode()))
    house.put("rig-1")
    house.put("rig-2")
    house.settle()
    states = sorted(row["state"] for row in house.rows().values())
    assert states == ["failed", "live"]
    (failed,) = [row for row in house.rows().values() if row["state"] == "failed"]
    assert "has its title 'ri…'" in failed["reason"]
    assert len(house.files()) == 1


def test_a_public_dashboard_that_comes_back_with_a_restored_grafana_is_taken_down(
    house: House, fake_grafana: FakeGrafana
) -> None:
    house.put("rig-1", share=False)
    house.settle()
    row = house.row("rig-1")
    house.client.create_public(row["uid"], PublicDashboard("restored", "e" * 32))
    assert house.reconciler.audit().leftovers == {row["uid"]}
    house.settle()
    assert fake_grafana.database.rows == []


def test_a_device_changed_in_the_middle_of_a_pass_is_not_called_finished(
    house: House, fake_grafana: FakeGrafana
) -> None:
    house.put("rig-1", hostname="first")
    fake_grafana.before_once(RELOAD, lambda _request: house.put("rig-1", hostname="second"))
    house.reconciler.run_pass()
    assert house.row("rig-1")["dirty"]
    house.settle()
    assert json.loads(house.files()[house.row("rig-1")["file"]])["title"] == "second (rig-1)"
    assert live(house)


def test_a_device_retired_in_the_middle_of_a_pass_ends_retired(house: House, fake_grafana: FakeGrafana) -> None:
    house.put("rig-1")
    fake_grafana.before_once(PUBLIC, lambda _request: house.registry.retire("rig-1", "ann"))
    house.reconciler.run_pass()
    house.settle()
    assert house.row("rig-1")["state"] == "gone"
    assert (house.files(), fake_grafana.dashboard_uids(), fake_grafana.database.rows) == ({}, [], [])


def test_reloads_asked_for_at_the_same_time_are_shared(house: House, fake_grafana: FakeGrafana) -> None:
    fake_grafana.slow(0.2, RELOAD)
    before = fake_grafana.reload_count
    threads = [threading.Thread(target=house.reconciler.context.reloader.reload) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fake_grafana.reload_count - before == 2


def test_an_unforeseen_fault_in_one_document_stops_no_other(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from backend_server.templates import Template

    fill = Template.fill

    def broken(template: Any, device: Any) -> Any:
        if device.id == "rig-1":
            raise RuntimeError("a fault of ours")
        return fill(template, device)

    monkeypatch.setattr(Template, "fill", broken)
    house.put("rig-1")
    house.put("rig-2")
    house.settle()
    assert live(house, "rig-2")
    assert "by a fault of this service (RuntimeError: a fault of ours)" in house.row("rig-1")["reason"]


def test_a_process_that_ends_begins_no_further_call_and_the_next_one_goes_on(
    house: House, fake_grafana: FakeGrafana
) -> None:
    for number in range(10):
        house.put(f"rig-{number}")
    ending = threading.Event()
    fake_grafana.before_once(PUBLIC, lambda _request: ending.set())
    house.reconciler.run_pass(ending.is_set)
    posts = [request for request in fake_grafana.requests if "public-dashboards" in request.path]
    assert 0 < sum(request.method == "POST" for request in posts) <= 2
    assert {row["reason"] for row in house.rows().values()} == {None}
    ending.clear()
    house.settle()
    assert all(live(house, f"rig-{number}") for number in range(10))
