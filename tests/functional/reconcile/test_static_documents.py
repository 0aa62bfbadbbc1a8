"""Static documents: put into the wanted set as they are, served, linked, withdrawn, and back under the same links."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend_server.documents.static_document import static_document
from backend_server.errors import Conflict, InvalidInput, NotFound
from backend_server.ledger.model import AuditQuery
from backend_server.links.link import LinkState
from backend_server.primitives.ids import Maker, dashboard_uid
from backend_server.registry import LinkRegistry, MakerSlot, RegistryOptions, StaticDocuments
from backend_server.storage.engine.store import Store
from backend_server.storage.tables.ledger import SqlLedger
from backend_server.storage.transactions import Records
from tests.fakes.grafana import FakeGrafana
from tests.support.fleet import new_link
from tests.support.reconciling import House, house_of

UID = dashboard_uid(Maker.GENERATOR, "main", "bus")
PANEL = {"id": 1, "type": "stat", "title": "A", "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8}, "targets": []}

SLOT = MakerSlot(Maker.GENERATOR, "main")


def document(slug: str = "bus", title: str = "Bus", maker: Any = Maker.GENERATOR, **more: Any) -> Any:
    dashboard = {"title": title, "schemaVersion": 41, "panels": [PANEL], "id": 7, **more}
    return static_document(dashboard, maker, "main", slug)


@pytest.fixture
def house(store: Store, dashboards_dir: Path, fake_grafana: FakeGrafana) -> Iterator[House]:
    with house_of(store, dashboards_dir, fake_grafana.url) as house:
        yield house


@pytest.fixture
def alone(store: Store, dashboards_dir: Path) -> Iterator[House]:
    with house_of(store, dashboards_dir) as house:
        yield house


def provide(house: House, *documents: Any, **options: Any) -> Any:
    chosen = {"folder": "Generated", "by": "test", "version": "1", **options}
    return StaticDocuments(Records(house.store)).publish(documents, SLOT, **chosen)


def withdraw(house: House, *uids: Any) -> Any:
    return StaticDocuments(Records(house.store)).withdraw(SLOT, uids, "test")


def links(house: House) -> Any:
    return LinkRegistry(Records(house.store), RegistryOptions())


def state_of(house: House, token: Any) -> Any:
    return links(house).directory.get(token).state(0)


def test_a_provided_document_is_written_stamped_and_proven_and_is_not_public_by_itself(
    house: House, fake_grafana: FakeGrafana
) -> None:
    assert provide(house, document()).created == (UID,)
    house.settle()

    row = house.rows()[UID]
    assert (row["state"], row["public"], row["file"]) == ("live", "gone", f"packs/Generated/{UID}.json")
    written = json.loads(house.files()[row["file"]])
    assert written["dashwright"] == {
        "content": row["written_hash"], "maker": "gen", "object": "bus", "slot": "main"
    }  # fmt: skip
    assert "id" not in written
    assert house.client.dashboard(UID).document["title"] == "Bus"
    assert house.client.public_of(UID) is None


def test_the_same_again_writes_nothing_anywhere(house: House, fake_grafana: FakeGrafana) -> None:
    provide(house, document())
    house.settle()
    number, marks = house.store.change_number(), house.marks()
    fake_grafana.forget_requests()

    outcome = provide(house, document())
    house.reconciler.run_pass()

    assert outcome.unchanged == (UID,)
    assert outcome.empty
    assert (house.store.change_number(), house.marks()) == (number, marks)
    assert fake_grafana.requests_that_change_something() == []


def test_other_bytes_replace_the_file_under_the_same_uid_and_link(house: House) -> None:
    provide(house, document())
    link = links(house).create(new_link({"document": UID}), "test").link
    house.settle()
    before = house.rows()[UID]

    assert provide(house, document(title="Bus, anew")).changed == (UID,)
    house.settle()

    after = house.rows()[UID]
    assert (after["access_token"], after["public"], after["title"]) == (before["access_token"], "live", "Bus, anew")
    assert after["loaded_hash"] != before["loaded_hash"]
    assert state_of(house, link.token) is LinkState.LIVE
    assert house.client.visitor_dashboard(after["access_token"]).status == 200


def test_withdrawing_ends_links_at_once_and_takes_everything_down(house: House) -> None:
    provide(house, document())
    link = links(house).create(new_link({"document": UID}), "test").link
    house.settle()
    token = house.rows()[UID]["access_token"]

    withdraw(house, UID)

    assert state_of(house, link.token) is LinkState.REVOKED
    house.settle()
    assert house.rows()[UID]["state"] == "gone"
    assert house.files() == {}
    assert house.client.dashboard(UID) is None
    assert house.client.visitor_dashboard(token).status == 404
    with pytest.raises(NotFound):
        withdraw(house, UID)
    with pytest.raises(NotFound):
        links(house).create(new_link({"document": UID}), "test")


def test_what_comes_back_has_the_same_link_and_the_same_token_in_grafana(house: House) -> None:
    provide(house, document())
    link = links(house).create(new_link({"document": UID}), "test").link
    house.settle()
    token = house.rows()[UID]["access_token"]
    withdraw(house, UID)
    house.settle()

    assert provide(house, document()).changed == (UID,)
    house.settle()

    assert state_of(house, link.token) is LinkState.LIVE
    assert house.rows()[UID]["access_token"] == token
    assert house.client.visitor_dashboard(token).status == 200


def test_what_is_not_given_stays_unless_it_is_pruned(alone: House) -> None:
    provide(alone, document("bus", "Bus"), document("store", "Store"))
    store_uid = dashboard_uid(Maker.GENERATOR, "main", "store")

    assert provide(alone, document("bus", "Bus")).left == (store_uid,)
    assert provide(alone, document("bus", "Bus"), prune=True).withdrawn == (store_uid,)
    alone.settle()

    assert [row["state"] for row in (alone.rows()[UID], alone.rows()[store_uid])] == ["live", "gone"]


def test_a_lost_or_damaged_file_is_written_again_from_what_was_provided(alone: House) -> None:
    provide(alone, document())
    alone.settle()
    (path,) = alone.dashboards.rglob("gen-*.json")
    good = path.read_bytes()
    for damage in (path.unlink, lambda: path.write_bytes(good[:50])):
        damage()
        alone.reconciler.audit()
        alone.settle()
        assert path.read_bytes() == good


def test_other_templates_leave_provided_documents_alone(alone: House) -> None:
    provide(alone, document())
    alone.settle()
    change = alone.rows()[UID]["change"]

    alone.use(alone.templates)
    alone.settle()

    assert alone.rows()[UID]["change"] == change


def test_two_documents_of_one_title_are_refused_before_anything_is_stored(alone: House) -> None:
    with pytest.raises(InvalidInput, match="Grafana would save neither"):
        provide(alone, document("a", "Same"), document("b", "Same"))
    assert alone.rows() == {}


def test_a_document_never_moves_to_another_folder(alone: House) -> None:
    provide(alone, document())
    with pytest.raises(Conflict, match="stands in the folder 'Generated'"):
        provide(alone, document(title="Other"), folder="Elsewhere")


@pytest.mark.parametrize("folder", ["", "a/b", ".hidden", "\0"])
def test_a_folder_that_cannot_be_one_is_refused(alone: House, folder: str) -> None:
    with pytest.raises(InvalidInput):
        provide(alone, document(), folder=folder)


def test_a_dashboard_that_grafana_would_refuse_is_refused_with_every_problem() -> None:
    with pytest.raises(InvalidInput) as caught:
        document(title="", panels=[{**PANEL, "id": 0, "gridPos": None}])
    told = [problem.path for problem in caught.value.problems]
    assert told == ["bus: title", "bus: panels[0].id", "bus: panels[0].gridPos"]


def test_more_documents_than_one_call_may_bring_are_refused(alone: House) -> None:
    many = [document(f"d{number}", f"D {number}") for number in range(501)]
    with pytest.raises(InvalidInput, match="at most 500"):
        provide(alone, *many)


def test_every_deed_stands_in_the_audit(alone: House) -> None:
    provide(alone, document())
    withdraw(alone, UID)
    rows, _ = SqlLedger(alone.store).audit_page(AuditQuery(object_id=UID, page=1, per_page=10))

    assert [row.action for row in rows] == ["document.withdraw", "document.provide"]
