"""The loop: one leads, changes are followed, templates are watched, and a lost lead stores nothing more."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from backend_server.catalog import TemplateCatalog
from backend_server.errors import LeaseLost, UpstreamError
from backend_server.provisioning.template_folder import TemplateFolder, TemplateWatch
from backend_server.reconcile.apply_once import apply_once
from backend_server.reconcile.heartbeat import HEARTBEAT
from backend_server.reconcile.lead import Lead
from backend_server.reconcile.model import Outcome, RowUpdate
from backend_server.reconcile.schedule import Job
from backend_server.reconcile.template_adoption import TemplateFollower, TemplateLoading
from backend_server.reconcile.worker import Pace, Unwatched, Worker
from backend_server.storage.engine.store import Store
from backend_server.storage.leases import WORKER_LEASE, Lease, lease_state
from backend_server.storage.tables.templates import TemplateTable
from tests.fakes.grafana import FakeGrafana
from tests.support.reconciling import House, house_of, template_source

PACE = Pace(pass_interval_seconds=0.02, audit_interval_seconds=300, reload_window_seconds=0.1, lease_ttl_seconds=1.0)


class Diary(Unwatched):
    """Remembers what a worker told."""

    def __init__(self) -> None:
        self.reports: list[Any] = []
        self.loaded: list[Any] = []
        self.troubles: list[str] = []

    def passed(self, report: Any, seconds: Any) -> None:
        self.reports.append(report)

    def templates(self, loaded: Any) -> None:
        self.loaded.append(loaded)

    def trouble(self, doing: Any, fault: Any) -> None:
        self.troubles.append(f"{doing}: {fault.message}")


def worker_of(
    house: House, holder: str, folder: Any, diary: Diary | None = None, pace: Pace = PACE, **others: Any
) -> Worker:
    lead = Lead(Lease(house.store, WORKER_LEASE, holder, ttl_seconds=pace.lease_ttl_seconds))
    house.led_by(lambda: lead.fencing)
    catalog = TemplateCatalog(TemplateFolder(folder), TemplateTable(house.store))
    house.follow(catalog.current)
    return Worker(
        house.reconciler,
        records=house.records,
        changes=house.store,
        lead=lead,
        templates=TemplateFollower(
            TemplateWatch(folder), TemplateLoading(house.records, catalog, house.registry, house.adoption)
        ),
        with_grafana=house.grafana_url is not None,
        pace=pace,
        watcher=diary,
        **others,
    )


@contextmanager
def running(worker: Worker) -> Iterator[threading.Event]:
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def until(true: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "did not come about in time"
        time.sleep(0.02)


@pytest.fixture
def house(sqlite_store: Store, dashboards_dir: Path, fake_grafana: FakeGrafana) -> Iterator[House]:
    with house_of(sqlite_store, dashboards_dir, fake_grafana.url) as house:
        yield house


def test_changes_are_followed_and_a_trickle_shares_reloads_within_the_window(
    house: House, templates: Path, fake_grafana: FakeGrafana
) -> None:
    diary = Diary()
    pace = Pace(pass_interval_seconds=0.02, reload_window_seconds=0.4, lease_ttl_seconds=5)
    with running(worker_of(house, "one", templates, diary, pace)):
        house.put("rig-0")
        until(lambda: house.row("rig-0")["state"] == "live")
        before = fake_grafana.reload_count
        began = time.monotonic()
        for number in range(1, 41):
            house.put(f"rig-{number}")
            time.sleep(0.01)
        until(lambda: all(row["state"] == "live" for row in house.rows().values()))
        took = time.monotonic() - began
    assert fake_grafana.reload_count - before <= took / 0.4 + 2  # one may have begun before, one ends after
    assert diary.troubles == []


def test_an_idle_worker_asks_nothing_and_writes_no_row(
    house: House, templates: Path, fake_grafana: FakeGrafana
) -> None:
    house.put("rig-1")
    with running(worker_of(house, "one", templates)):
        until(lambda: house.row("rig-1")["state"] == "live" and not house.row("rig-1")["dirty"])
        time.sleep(0.3)
        change = house.store.change_number()
        fake_grafana.forget_requests()
        time.sleep(0.5)
        assert fake_grafana.requests == []
        assert house.store.change_number() == change
        beat = json.loads(house.records.values.get(HEARTBEAT))
        assert beat["grafana"] is None
        assert beat["at"] > 0


def test_the_beat_follows_the_steps_of_a_long_pass_and_stands_still_when_it_hangs(
    house: House, templates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend_server.reconcile.heartbeat._EVERY_SECONDS", 0.02)
    worker = worker_of(
        house, "one", templates, pace=Pace(pass_interval_seconds=0.02, reload_window_seconds=0.0, lease_ttl_seconds=0.3)
    )
    moves, ends, began = threading.Event(), threading.Event(), threading.Event()
    run_pass = house.reconciler.run_pass

    def long_pass(should_stop: Any) -> Any:
        if house.records.documents.backlog()[0]:
            began.set()
            while not ends.wait(0.01):
                if moves.is_set():
                    should_stop()
        return run_pass(should_stop)

    def beat() -> int:
        return json.loads(house.records.values.get(HEARTBEAT) or '{"at": 0}')["at"]

    def beats() -> int:
        return json.loads(house.records.values.get("count") or "0")

    def counted(name: Any, value: Any) -> None:
        set_value(name, value)
        if name == HEARTBEAT:
            set_value("count", str(beats() + 1))

    set_value = house.records.values.set
    house.records.values.set = counted
    reconciler: Any = house.reconciler
    reconciler.run_pass = long_pass
    with running(worker):
        until(beat)
        moves.set()
        house.put("rig-1")
        until(began.is_set)
        for _ in range(2):
            before = beat()
            until(partial(lambda earlier: beat() > earlier, before))
        moves.clear()
        told_before = beats()
        until(
            lambda: house.records.documents.now_ms() - beat() > 2000 and beats() > told_before + 3
        )  # told again, and no younger
        ends.set()
        until(lambda: house.row("rig-1")["state"] == "live")


def test_jobs_are_done_on_their_interval_while_it_leads_and_a_fault_stops_nothing(
    house: House, templates: Path
) -> None:
    runs: list[str] = []

    def fail() -> None:
        runs.append("bad")
        raise UpstreamError("no answer")

    diary = Diary()
    jobs = [
        Job("evaluating", lambda: runs.append("good"), 0.05),
        Job("failing", fail, 0.05),
        Job("rare", lambda: runs.append("rare"), 60),
    ]
    with running(worker_of(house, "one", templates, diary, jobs=jobs)):
        until(lambda: runs.count("good") > 2 and runs.count("bad") > 2)
        house.put("rig-1")
        until(lambda: house.row("rig-1")["state"] == "live")
    assert runs.count("rare") == 1
    assert set(diary.troubles) == {"failing: no answer"}


def test_after_an_audit_that_reached_grafana_the_step_after_it_is_done(
    house: House, templates: Path, fake_grafana: FakeGrafana
) -> None:
    done: list[bool] = []
    fake_grafana.refuse()
    with running(worker_of(house, "one", templates, after_audit=Job("looking", lambda: done.append(True)))):
        until(lambda: house.reconciler.breaker.reason)
        assert done == []
        fake_grafana.accept()
        until(lambda: done)


def test_grafana_that_comes_back_is_found_without_anybodys_doing(
    house: House, templates: Path, fake_grafana: FakeGrafana
) -> None:
    fake_grafana.refuse()
    house.put("rig-1")
    with running(worker_of(house, "one", templates)):
        until(lambda: house.row("rig-1")["reason"])
        fake_grafana.accept()
        until(lambda: house.row("rig-1")["state"] == "live")


def test_a_changed_template_reaches_its_documents_and_a_broken_one_leaves_the_last_good(
    house: House, templates: Path
) -> None:
    house.put("rig-1")
    diary = Diary()

    def description() -> str:
        return json.loads(house.files()[house.row("rig-1")["file"]])["description"]

    with running(worker_of(house, "one", templates, diary)):
        until(lambda: house.row("rig-1")["state"] == "live")
        (templates / "generic.json").write_bytes(template_source(description="second"))
        until(lambda: description() == "second")
        (templates / "generic.json").write_bytes(template_source(description="third")[:-20])
        until(lambda: diary.loaded and diary.loaded[-1].problems)
        assert "generic.json" in diary.loaded[-1].problems["generic.json"]
        assert "line" in diary.loaded[-1].problems["generic.json"]
        assert description() == "second"
    # Not even a restart loses the last good one.
    house.put("rig-2")
    with running(worker_of(house, "two", templates)):
        until(lambda: house.row("rig-2")["state"] == "live")
    assert json.loads(house.files()[house.row("rig-2")["file"]])["description"] == "second"
    assert TemplateTable(house.store).everything()["generic.json"].error


def test_a_new_slot_gives_every_device_another_document(house: House, templates: Path) -> None:
    house.put("rig-1")
    with running(worker_of(house, "one", templates)):
        until(lambda: house.row("rig-1")["state"] == "live")
        (templates / "power.json").write_bytes(template_source(slot="power"))
        until(lambda: len(house.rows()) == 2 and house.row("rig-1", "power")["state"] == "live")
        (templates / "power.json").unlink()
        until(lambda: house.row("rig-1", "power")["state"] == "gone")
    assert house.row("rig-1")["state"] == "live"


def test_an_emptied_template_folder_takes_nothing_away(house: House, templates: Path) -> None:
    house.put("rig-1")
    diary = Diary()
    with running(worker_of(house, "one", templates, diary)):
        until(lambda: house.row("rig-1")["state"] == "live")
        (templates / "generic.json").unlink()
        until(lambda: diary.loaded and "" in diary.loaded[-1].problems)
        assert "the last good templates stay in use" in diary.loaded[-1].problems[""]
    assert house.row("rig-1")["state"] == "live"


def test_apply_waits_until_everything_is_proven(house: House, templates: Path) -> None:
    for number in range(3):
        house.put(f"rig-{number}")
    report = apply_once(worker_of(house, "apply", templates), wait=True, timeout_seconds=10)
    assert report.left == 0
    assert len(report.uids(Outcome.WRITTEN)) == len(report.uids(Outcome.PUBLISHED)) == 3
    assert {row["state"] for row in house.rows().values()} == {"live"}
    with house.store.read() as connection:
        assert not lease_state(connection, house.store.dialect, WORKER_LEASE).held


def test_only_one_leads_and_another_takes_over_when_it_ends(
    database: tuple[str | None, Path], tmp_path: Path, dashboards_dir: Path, fake_grafana: FakeGrafana, templates: Path
) -> None:
    stores = [Store.open(*database) for _ in range(2)]
    try:
        with (
            house_of(stores[0], dashboards_dir, fake_grafana.url) as first,
            house_of(stores[1], dashboards_dir, fake_grafana.url) as second,
        ):
            diaries = [Diary(), Diary()]
            workers = [
                worker_of(first, "first", templates, diaries[0]),
                worker_of(second, "second", templates, diaries[1]),
            ]
            with running(workers[1]) as stop_second:
                until(lambda: workers[1].lead.is_held)
                with running(workers[0]):
                    first.put("rig-1")
                    until(lambda: first.row("rig-1")["state"] == "live")
                    assert not workers[0].lead.is_held
                    assert diaries[0].reports == []
                    stop_second.set()
                    until(lambda: workers[0].lead.is_held)
                    first.put("rig-2")
                    until(lambda: first.row("rig-2")["state"] == "live")
            assert diaries[0].troubles == diaries[1].troubles == []
    finally:
        for store in stores:
            store.close()


def test_a_lead_lost_in_the_middle_of_a_pass_stores_nothing_more(
    store: Store, dashboards_dir: Path, fake_grafana: FakeGrafana
) -> None:
    with house_of(store, dashboards_dir, fake_grafana.url) as house:
        old = Lease(store, WORKER_LEASE, "old", ttl_seconds=0.05)
        leads = [old.acquire()]
        house.led_by(lambda: leads[-1])
        house.put("rig-1")
        time.sleep(0.1)
        takeover: list[int | None] = []
        new = Lease(store, WORKER_LEASE, "new")
        fake_grafana.before_once("POST .*/reload", lambda _request: takeover.append(new.acquire()))

        with pytest.raises(LeaseLost):
            house.reconciler.run_pass()

        assert takeover == [leads[-1] + 1]
        row = house.row("rig-1")
        assert (row["state"], row["public"], row["loaded_hash"]) == ("written", "wanted", None)
        with pytest.raises(LeaseLost):
            house.records.documents.update([RowUpdate(row["uid"], row["change"], {"loaded_hash": "x"})])
        leads.append(takeover[0])
        house.settle()
        assert house.row("rig-1")["state"] == "live"


def test_a_lease_is_taken_renewed_let_go_and_fenced(store: Store) -> None:
    one, two = Lease(store, "x", "one", ttl_seconds=0.3), Lease(store, "x", "two", ttl_seconds=0.3)
    assert (one.acquire(), two.acquire(), one.acquire()) == (1, None, 1)
    one.release()
    assert (two.acquire(), one.acquire()) == (2, None)
    time.sleep(0.4)
    assert (one.acquire(), two.acquire()) == (3, None)


def test_of_many_who_ask_at_once_one_gets_the_lease(store: Store) -> None:
    got: list[int | None] = []
    leases = [Lease(store, "x", f"holder {number}") for number in range(6)]
    threads = [threading.Thread(target=lambda lease=lease: got.append(lease.acquire())) for lease in leases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one for one in got if one is not None) == [1]


def test_a_folder_without_events_is_looked_at(templates: Path) -> None:
    now = [0.0]
    folder = TemplateWatch(templates, monotonic=lambda: now[0], events=False)
    folder.start()
    assert not folder.changed()
    (templates / "other.json").write_bytes(template_source(slot="other"))
    now[0] = 6.0
    assert not folder.changed()  # noticed, and waited for whoever still writes
    now[0] = 6.5
    assert folder.changed()
    assert not folder.changed()
    folder.stop()
