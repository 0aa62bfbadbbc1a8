"""With Grafana a link is live once its public dashboard is there; without, once there is a document."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend_server.links import FoundLink, LinkState
from backend_server.registry import LinkQuery
from backend_server.storage.engine.store import Store
from tests.fakes.grafana import FakeGrafana
from tests.support.fleet import new_link
from tests.support.reconciling import House, house_of, template_set, template_source

LATER = 4_000_000_000_000


@pytest.fixture
def house(sqlite_store: Store, dashboards_dir: Path, fake_grafana: FakeGrafana) -> Iterator[House]:
    with house_of(sqlite_store, dashboards_dir, fake_grafana.url) as house:
        yield house


@pytest.fixture
def alone(sqlite_store: Store, dashboards_dir: Path) -> Iterator[House]:
    with house_of(sqlite_store, dashboards_dir) as house:
        yield house


def fleet_uid(house: House) -> str:
    house.use(template_set(generic=template_source(), fleet=template_source(slot="overview", scope="fleet")))
    house.settle()
    return next(row["uid"] for row in house.rows().values() if row["maker"] == "flt")


def state(house: House, token: str) -> LinkState:
    """Return a link's state as visitors, lists and counts have it; all say the same."""
    found = house.links.directory.find(token)
    assert found is not None
    said = found.state(LATER)
    assert house.links.directory.find_slug(found.link.slug).state(LATER) is said
    page = house.links.directory.page(LinkQuery(state=said)).items
    assert [one.link.token for one in page if one.link.token == token] == [token]
    assert house.links.directory.standing()[0][said.value] >= 1
    if said is LinkState.LIVE and house.client is not None:
        row = house.rows()[found.link.document_uid]
        assert house.client.visitor_dashboard(row["access_token"]).status == 200
    return said


def made(house: House, **given: str) -> FoundLink:
    found = house.links.create(new_link(given), "ada")
    assert found.state(LATER) is state(house, found.link.token)
    return found


def test_the_first_link_to_a_fleet_document_waits_for_its_public_dashboard(house: House) -> None:
    token = made(house, document=fleet_uid(house)).link.token
    assert state(house, token) is LinkState.PENDING
    house.settle()
    assert state(house, token) is LinkState.LIVE


def test_a_device_that_is_shared_again_waits_for_its_public_dashboard(house: House) -> None:
    house.put("rig-1", share=False)
    house.settle()
    house.put("rig-1", share=True)
    view = house.registry.get("rig-1")
    assert view.found(view.link).state(LATER) is LinkState.PENDING
    token = view.link.token
    assert state(house, token) is LinkState.PENDING
    house.settle()
    view = house.registry.get("rig-1")
    assert view.found(view.link).state(LATER) is state(house, token) is LinkState.LIVE


def test_a_new_link_after_the_only_one_was_revoked_waits_too(house: House) -> None:
    uid = fleet_uid(house)
    first = made(house, document=uid).link.token
    house.settle()
    house.links.revoke(first, "ada")
    house.settle()
    second = made(house, document=uid).link.token
    assert state(house, second) is LinkState.PENDING
    house.settle()
    assert (state(house, first), state(house, second)) == (LinkState.REVOKED, LinkState.LIVE)


def test_an_update_keeps_a_live_link_live_all_the_while(house: House) -> None:
    house.put("rig-1", hostname="old")
    house.settle()
    token = house.registry.get("rig-1").link.token
    house.put("rig-1", hostname="new")
    assert state(house, token) is LinkState.LIVE
    assert made(house, device="rig-1").state(LATER) is LinkState.LIVE
    house.settle()
    assert state(house, token) is LinkState.LIVE


def test_what_grafana_lost_is_not_live_until_it_is_back(house: House, fake_grafana: FakeGrafana) -> None:
    house.put("rig-1")
    house.settle()
    token = house.registry.get("rig-1").link.token
    fake_grafana.forget_database()
    house.reconciler.audit()
    assert state(house, token) is LinkState.PENDING
    house.settle()
    assert state(house, token) is LinkState.LIVE


def test_without_grafana_a_link_to_a_document_that_stands_is_live_at_once(alone: House) -> None:
    assert made(alone, document=fleet_uid(alone)).state(LATER) is LinkState.LIVE
    alone.put("rig-1", share=False)
    alone.settle()
    alone.put("rig-1", share=True)
    assert state(alone, alone.registry.get("rig-1").link.token) is LinkState.LIVE
