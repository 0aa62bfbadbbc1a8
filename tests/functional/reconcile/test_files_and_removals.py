"""Files that are lost, damaged or too many, and removals: nothing of ours stays away, nothing goes by mistake."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backend_server.provisioning import DashboardFolder
from backend_server.reconcile.pass_.grafana_actions import WALK_AWAITED
from backend_server.reconcile.reconciler import Options
from backend_server.storage.engine.store import Store
from tests.fakes.grafana import FakeGrafana
from tests.support.reconciling import House, heal, house_of, live, template_set, template_source

RELOAD = "POST /api/admin/provisioning/dashboards/reload"
PUBLIC = "POST .*/public-dashboards"


@pytest.fixture
def house(sqlite_store: Store, dashboards_dir: Path, fake_grafana: FakeGrafana) -> Iterator[House]:
    with house_of(sqlite_store, dashboards_dir, fake_grafana.url, timeout_seconds=1.0) as house:
        yield house


def test_files_lost_from_the_disk_are_written_again(house: House, fake_grafana: FakeGrafana) -> None:
    for number in range(5):
        house.put(f"rig-{number}")
    house.settle()
    before = house.files()
    for shard in house.dashboards.iterdir():
        shutil.rmtree(shard)
    report = house.reconciler.audit()
    assert len(report.files_lost) == 5
    house.settle()
    assert house.files() == before
    assert len(fake_grafana.dashboard_uids()) == 5


def test_a_damaged_file_is_mended_and_a_foreign_one_left_alone(house: House) -> None:
    house.put("rig-1")
    house.settle()
    row = house.row("rig-1")
    whole = house.files()[row["file"]]
    (house.dashboards / row["file"]).write_bytes(whole[: len(whole) // 2])
    (house.dashboards / "packs" / "theirs.json").write_text('{"title": "theirs"}')
    report = house.reconciler.audit()
    assert report.files_lost == {row["uid"]}
    assert report.foreign == ("packs/theirs.json",)
    house.settle()
    assert house.files()[row["file"]] == whole
    assert "packs/theirs.json" in house.files()


def test_a_file_of_a_lost_record_is_reported_and_never_removed(house: House, sqlite_store: Store) -> None:
    house.put("rig-1")
    house.settle()
    from backend_server.storage.schema import devices, documents, links

    with sqlite_store.write() as write:
        for table in (links, documents, devices):
            write.connection.execute(table.delete())
    files = house.files()
    report = house.reconciler.audit()
    assert report.strays == tuple(files)
    house.reconciler.run_pass()
    assert house.files() == files


def test_a_full_provider_is_told_per_device(
    sqlite_store: Store, dashboards_dir: Path, fake_grafana: FakeGrafana
) -> None:
    with house_of(sqlite_store, dashboards_dir, fake_grafana.url) as house:
        full = DashboardFolder(dashboards_dir, most_per_provider=0)
        house.reconciler.context = replace(house.reconciler.context, files=full)
        house.put("rig-1")
        house.reconciler.run_pass()
        row = house.row("rig-1")
        assert row["state"] == "failed"
        assert "Grafana reads at most 0 of a provider" in row["reason"]
        assert row["dirty"]
        assert row["retry_at"] > 0


def test_a_mass_removal_is_held_back_until_a_person_confirms(house: House) -> None:
    for number in range(20):
        house.put(f"rig-{number}")
    house.settle()
    for number in range(15):
        house.registry.retire(f"rig-{number}", "script")
    files = house.files()

    report = house.reconciler.run_pass()

    assert len(report.held) == 15
    assert house.files() == files
    held = house.removals.state()
    assert (held["count"], held["total"]) == (15, 20)
    assert "removing 15 of 20 documents at once needs a person's word" in house.row("rig-1")["reason"]
    change = house.store.change_number()
    house.reconciler.run_pass()
    assert house.store.change_number() == change
    # New devices are not held up by it.
    house.put("rig-new")
    house.reconciler.run_pass()
    assert live(house, "rig-new")

    assert house.removals.confirm("ann") == 15
    house.settle()
    assert len(house.files()) == 6
    assert house.removals.state() is None


def test_reviving_instead_of_confirming_lets_the_rest_go(house: House) -> None:
    for number in range(20):
        house.put(f"rig-{number}")
    house.settle()
    for number in range(15):
        house.registry.retire(f"rig-{number}", "script")
    house.reconciler.run_pass()
    for number in range(12):
        house.registry.revive(f"rig-{number}", "ann")
    house.settle()
    assert house.removals.state() is None
    assert len(house.files()) == 17


def test_a_lost_device_list_removes_nothing(house: House, sqlite_store: Store) -> None:
    from backend_server.storage.schema import devices

    for number in range(5):
        house.put(f"rig-{number}")
    house.settle()
    files = house.files()
    with sqlite_store.write() as write:
        write.connection.execute(devices.delete())
    house.use(template_set(generic=template_source(description="second")))
    house.settle()
    assert house.files() == files
    assert "Its device is not in the record" in house.row("rig-1")["reason"]


def test_retiring_waits_for_grafana_and_keeps_the_file_until_the_link_is_proven_gone(
    house: House, fake_grafana: FakeGrafana
) -> None:
    house.put("rig-1")
    house.settle()
    row = house.row("rig-1")
    house.registry.retire("rig-1", "ann")
    fake_grafana.answer_once("DELETE .*/public-dashboards/", 500, {"message": "Internal Server Error"}, times=-1)
    house.reconciler.run_pass()
    assert row["file"] in house.files()
    assert house.row("rig-1")["state"] == "retiring"
    heal(house, fake_grafana)
    assert house.row("rig-1")["state"] == "gone"
    assert fake_grafana.database.rows == []


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        pytest.param(500, "Grafana has not noticed yet that the file is gone", id="failed"),
        pytest.param(200, "Grafana has not noticed yet that the file is gone", id="said yes and did not"),
        pytest.param(403, WALK_AWAITED, id="forbidden"),
    ],
)
def test_a_dashboard_is_not_deleted_before_grafana_has_seen_that_its_file_is_gone(
    house: House, fake_grafana: FakeGrafana, status: int, reason: str
) -> None:
    house.put("rig-1")
    house.settle()
    house.registry.retire("rig-1", "ann")
    fake_grafana.answer_once(RELOAD, status, {"message": "no"}, times=-1)
    fake_grafana.forget_requests()
    house.reconciler.run_pass()
    house.wake()
    house.reconciler.run_pass()
    sent = [request.path for request in fake_grafana.requests if request.method == "DELETE"]
    assert [path.rsplit("/", 2)[1] for path in sent] == ["public-dashboards"], "visitors see nothing any more"
    row = house.row("rig-1")
    assert (row["state"], row["dirty"]) == ("retiring", True)
    assert reason in row["reason"]
    fake_grafana.heal()
    fake_grafana.poll()
    heal(house, fake_grafana)
    assert house.row("rig-1")["state"] == "gone"
    assert fake_grafana.dashboard_uids() == []


def test_purging_needs_everything_proven_gone(
    sqlite_store: Store, dashboards_dir: Path, fake_grafana: FakeGrafana
) -> None:
    with house_of(sqlite_store, dashboards_dir, fake_grafana.url, options=Options(retired_keep_seconds=-1)) as house:
        house.put("rig-1")
        house.settle()
        house.registry.retire("rig-1", "ann")
        fake_grafana.refuse()
        assert house.reconciler.run_pass().purged == 0
        fake_grafana.accept()
        house.wake()
        house.settle()
        assert house.reconciler.run_pass().purged == 1
