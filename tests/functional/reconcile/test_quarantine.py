"""A document that cannot be made rests: nothing looks at it again until something could have changed for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend_server.storage.engine.store import Store
from tests.fakes.grafana import FakeGrafana
from tests.support.reconciling import House, house_of, template_set, template_source


@pytest.fixture(params=["grafana", "viewer"])
def house(
    request: pytest.FixtureRequest, sqlite_store: Store, dashboards_dir: Path, fake_grafana: FakeGrafana
) -> Iterator[House]:
    with house_of(sqlite_store, dashboards_dir, fake_grafana.url if request.param == "grafana" else None) as house:
        yield house


def titled(house: House, title: str) -> None:
    template = json.loads(template_source())
    template["__template__"]["title"] = title
    house.use(template_set(generic=json.dumps(template).encode()))


def states(house: House) -> dict[str, str]:
    return {row["object_id"]: row["state"] for row in house.rows().values()}


def rests(house: House) -> None:
    """Neither audit nor pass writes, as often as they come."""
    change = house.store.change_number()
    for _ in range(2):
        house.reconciler.audit()
        assert not house.reconciler.run_pass().changed_something
    assert house.store.change_number() == change


def test_an_audit_leaves_a_document_alone_that_cannot_be_made(house: House) -> None:
    titled(house, "<< device.id >> at << device.labels.site >>")
    house.put("rig-1")
    house.reconciler.audit()
    house.settle()
    assert states(house) == {"rig-1": "failed"}
    assert house.row("rig-1")["public"] == "wanted"
    rests(house)
    house.put("rig-1", labels={"site": "north"})
    house.settle()
    assert states(house) == {"rig-1": "live"}


@pytest.fixture
def twins(house: House) -> House:
    titled(house, "<< device.labels.name >> << device.id | truncate(3) >>")  # no more than "ri…" of each
    for number in (1, 2, 3):
        house.put(f"rig-{number}", labels={"name": "one"})
        house.settle()
    house.reconciler.audit()
    house.settle()
    assert states(house) == {"rig-1": "live", "rig-2": "failed", "rig-3": "failed"}
    return house


def test_a_title_that_is_given_up_goes_to_the_next_who_waits(twins: House) -> None:
    rests(twins)
    twins.put("rig-1", labels={"name": "another"})
    twins.settle()
    assert sorted(states(twins).values()) == ["failed", "live", "live"]
    rests(twins)
    titles = [json.loads(body)["title"] for body in twins.files().values()]
    assert sorted(titles) == ["another ri…", "one ri…"]


def test_a_title_whose_bearer_goes_goes_to_the_next_who_waits(twins: House) -> None:
    twins.registry.retire("rig-1", "test")
    twins.settle()
    assert sorted(states(twins).values()) == ["failed", "gone", "live"]
    rests(twins)


def test_a_bearer_that_changes_and_keeps_its_title_wakes_nobody(twins: House) -> None:
    before = {row["uid"]: row["change"] for row in twins.rows().values() if row["state"] == "failed"}
    twins.put("rig-1", labels={"name": "one", "site": "north"})
    twins.settle()
    assert {row["uid"]: row["change"] for row in twins.rows().values() if row["state"] == "failed"} == before
