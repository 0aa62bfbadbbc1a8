"""A Grafana that lost its database gets everything back in a moment, though nobody changed or asked for anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend_server.errors import DashwrightError
from backend_server.reconcile.worker import Pace
from backend_server.storage.engine.store import Store
from backend_server.storage.tables.lost_publications import LostPublications
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
        lost = LostPublications(house.store, on_failure=told.append)
        for uid in house.rows():
            lost.mark(uid)
        until(lambda: shown(house) and settled(house))
        change = house.store.change_number()
        lost.mark(next(iter(house.rows())))
        lost.mark("unknown")
        assert house.store.change_number() == change, "the same one at most twice a minute, an unknown one never"
    assert told == []
