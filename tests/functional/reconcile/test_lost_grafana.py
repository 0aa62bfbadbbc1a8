"""A Grafana that lost its database gets everything back in a moment, though nobody changed or asked for anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend_server.errors import DashwrightError
from backend_server.reconcile.worker import Pace
from backend_server.storage.engine.store import Store
from backend_server.storage.tables.missed_publications import MissedPublications
from tests.fakes.grafana import FakeGrafana
from tests.functional.reconcile.test_worker import Diary, running, until, worker_of
from tests.support.reconciling import House, house_of

NEVER = 3600.0


@pytest.fixture
def house(sqlite_store: Store, dashboards_dir: Path, fake_grafana: FakeGrafana) -> Iterator[House]:
    with house_of(sqlite_store, dashboards_dir, fake_grafana.url) as house:
        for number in range(3):
            house.put(f"rig-{number}")
        yield house


def pace(probe_interval: float) -> Pace:
    return Pace(
        pass_interval_seconds=0.02,
        audit_interval_seconds=NEVER,
        probe_interval_seconds=probe_interval,
        reload_window_seconds=0.05,
        lease_ttl_seconds=5.0,
    )


def settled(house: House) -> bool:
    return all((row["state"], row["public"], row["dirty"]) == ("live", "live", False) for row in house.rows().values())


def shown(house: House) -> bool:
    return all(house.client.visitor_dashboard(row["access_token"]).status == 200 for row in house.rows().values())


def before_each(fake: FakeGrafana, match: str, look: Callable[[], None]) -> None:
    def act(_: object) -> None:
        fake.before_once(match, act)
        look()

    fake.before_once(match, act)


def test_an_idle_worker_finds_out_and_restores_every_link_under_its_token(
    house: House, templates: Path, fake_grafana: FakeGrafana
) -> None:
    diary = Diary()
    with running(worker_of(house, "one", templates, diary, pace(0.05))):
        until(lambda: settled(house))
        tokens = {uid: row["access_token"] for uid, row in house.rows().items()}
        fake_grafana.forget_database()
        until(lambda: shown(house) and settled(house))
    assert {uid: row["access_token"] for uid, row in house.rows().items()} == tokens
    assert fake_grafana.reload_count <= 3


def test_looking_changes_nothing_and_asks_for_one_publication_at_a_time(
    house: House, templates: Path, fake_grafana: FakeGrafana
) -> None:
    with running(worker_of(house, "one", templates, Diary(), pace(0.05))):
        until(lambda: settled(house))
        change = house.store.change_number()
        fake_grafana.forget_requests()
        until(lambda: len({request.path for request in fake_grafana.requests}) == 3)  # each in its turn
        assert fake_grafana.requests_that_change_something() == []
        assert all(request.path.endswith("/public-dashboards") for request in fake_grafana.requests)
        assert house.store.change_number() == change


def test_a_grafana_that_was_away_is_compared_whole_when_it_is_back(
    house: House, templates: Path, fake_grafana: FakeGrafana
) -> None:
    """It may have been restored from a copy: the one looked at is there, another one is not."""
    with running(worker_of(house, "one", templates, Diary(), pace(0.05))) as stop:
        until(lambda: settled(house))
        fake_grafana.refuse()
        until(lambda: house.reconciler.breaker.reason)
        with fake_grafana.database.lock:
            del fake_grafana.database.rows[-1]
        fake_grafana.accept()
        until(lambda: shown(house) and settled(house))
        assert not stop.is_set()


def test_what_a_visitor_did_not_get_is_restored_by_the_next_pass(
    house: House, templates: Path, fake_grafana: FakeGrafana
) -> None:
    told: list[DashwrightError] = []
    with running(worker_of(house, "one", templates, Diary(), pace(NEVER))):
        until(lambda: settled(house))
        fake_grafana.forget_database()
        missed = MissedPublications(house.store, on_failure=told.append)
        for uid in house.rows():
            missed.lost(uid)
        until(lambda: shown(house) and settled(house))
        change = house.store.change_number()
        missed.lost(next(iter(house.rows())))
        missed.lost("unknown")
        assert house.store.change_number() == change, "the same one at most twice a minute, an unknown one never"
    assert told == []


def test_a_rebuilt_grafana_is_asked_twice_for_each_link_and_reads_no_file_again(
    house: House, fake_grafana: FakeGrafana
) -> None:
    house.settle()
    fake_grafana.forget_database()
    house.reconciler.audit()
    fake_grafana.forget_requests()
    house.settle()
    asked = [request.method for request in fake_grafana.requests]
    assert sorted(asked) == sorted(["POST", "GET"] * len(house.rows())), fake_grafana.requests
    assert fake_grafana.reload_count == 1
    assert shown(house)


def test_links_come_back_a_few_at_a_time_and_those_that_visitors_ask_for_first(
    house: House, fake_grafana: FakeGrafana
) -> None:
    for number in range(3, 60):
        house.put(f"rig-{number}")
    house.settle()
    in_order = [row["uid"] for row in sorted(house.rows().values(), key=lambda row: row["file"])]
    missed = MissedPublications(house.store, on_failure=lambda fault: pytest.fail(fault.message))
    missed.asked(in_order[-1])
    missed.asked("unknown")
    until(lambda: house.records.publications.asked_since(1) == (in_order[-1],))
    fake_grafana.forget_database()
    house.reconciler.audit()
    fake_grafana.forget_requests()
    live_at: list[int] = []
    before_each(
        fake_grafana,
        "POST .*/public-dashboards",
        lambda: live_at.append(sum(row["public"] == "live" for row in house.rows().values())),
    )
    house.settle()
    posts = [request.path.split("/")[4] for request in fake_grafana.requests if request.method == "POST"]
    assert in_order[-1] in posts[:2]
    assert sorted(posts) == sorted(in_order)
    assert live_at[len(live_at) // 2] >= len(in_order) // 4, "half of them made public, and hardly one works yet"


def test_links_of_a_first_registration_work_while_grafana_still_reads_the_files(
    house: House, fake_grafana: FakeGrafana
) -> None:
    for number in range(3, 40):
        house.put(f"rig-{number}")
    fake_grafana.provisioner.seconds_per_saved_file = 0.05
    reading: list[bool] = []
    before_each(fake_grafana, "GET /api/public/dashboards/", lambda: reading.append(fake_grafana.reload_count == 0))
    house.settle()
    assert fake_grafana.reload_count == 1
    assert sum(reading) >= len(house.rows()) // 2
    assert settled(house)
    assert shown(house)
