"""Files that somebody else changes or removes are written again within seconds; what we write is no change."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from backend_server.reconcile.worker import Pace
from backend_server.storage.engine.store import Store
from tests.fakes.grafana import FakeGrafana
from tests.functional.reconcile.test_worker import Diary, running, until, worker_of
from tests.support.reconciling import House, house_of

PACE = Pace(
    pass_interval_seconds=0.02,
    audit_interval_seconds=3600.0,
    probe_interval_seconds=3600.0,
    files_interval_seconds=0.05,
    reload_window_seconds=0.05,
    lease_ttl_seconds=5.0,
)


@pytest.fixture
def house(sqlite_store: Store, dashboards_dir: Path, fake_grafana: FakeGrafana) -> Iterator[House]:
    with house_of(sqlite_store, dashboards_dir, fake_grafana.url) as house:
        for number in range(5):
            house.put(f"rig-{number}")
        yield house


def settled(house: House) -> bool:
    return all((row["state"], row["dirty"]) == ("live", False) for row in house.rows().values())


def provisioned(house: House, uid: str) -> bool:
    assert house.client is not None
    found = house.client.dashboard(uid)
    return found is not None and found.provisioned


def spoil(path: Path, how: str) -> None:
    if how == "removed":
        path.unlink()
    elif how == "edited in place":
        path.write_bytes(path.read_bytes().replace(b"Power", b"power"))
    elif how == "replaced":
        path.with_suffix(".new").write_text('{"title": "theirs"}')
        os.replace(path.with_suffix(".new"), path)
    else:
        shutil.rmtree(path.parent)


@pytest.mark.parametrize("how", ["removed", "edited in place", "replaced", "folder removed"])
def test_a_file_that_somebody_else_spoils_is_written_again_without_an_audit(
    house: House, templates: Path, fake_grafana: FakeGrafana, how: str
) -> None:
    with running(worker_of(house, "one", templates, pace=PACE)):
        until(lambda: house.rows() and settled(house))
        before, row = house.files(), house.row("rig-2")
        spoil(house.dashboards / row["file"], how)
        until(lambda: house.files() == before and settled(house), 30)
        assert provisioned(house, row["uid"])


def test_a_dashboard_that_lost_its_mark_has_it_again(house: House, templates: Path, fake_grafana: FakeGrafana) -> None:
    """Grafana walks while the file is away: the dashboard stays, and counts as nobody's."""
    with running(worker_of(house, "one", templates, pace=PACE)):
        until(lambda: house.rows() and settled(house))
        row = house.row("rig-2")
        path = house.dashboards / row["file"]
        whole = path.read_bytes()
        with fake_grafana.provisioner.walking:
            path.unlink()
            fake_grafana.poll()
            assert not provisioned(house, row["uid"])
        until(lambda: path.exists() and path.read_bytes() == whole, 30)
        until(lambda: provisioned(house, row["uid"]) and settled(house), 30)


def looks_of(house: House) -> list[Mapping[str, str | None]]:
    """Return the list that every look of the worker adds to: what others changed."""
    looks: list[Mapping[str, str | None]] = []
    looked = house.folder.changed

    def look() -> Mapping[str, str | None]:
        found = looked()
        looks.append(found)
        return found

    house.folder.changed = look
    return looks


def test_what_we_write_and_remove_ourselves_is_no_change(house: House, templates: Path) -> None:
    looks = looks_of(house)
    with running(worker_of(house, "one", templates, Diary(), PACE)):
        until(lambda: house.rows() and settled(house))
        house.put("rig-1", labels={"site": "north"})
        until(lambda: settled(house))
        house.registry.retire("rig-4", "ann")
        until(lambda: house.row("rig-4")["state"] == "gone" and not house.row("rig-4")["dirty"])
        change, looked = house.store.change_number(), len(looks)
        until(lambda: len(looks) > looked + 5, 30)
        assert house.store.change_number() == change
    assert [found for found in looks if found] == []


def test_a_file_of_nobody_is_seen_once_and_left_alone(house: House, templates: Path) -> None:
    looks = looks_of(house)
    with running(worker_of(house, "one", templates, Diary(), PACE)):
        until(lambda: house.rows() and settled(house))
        change, looked = house.store.change_number(), len(looks)
        foreign = house.dashboards / "packs" / "theirs.json"
        foreign.write_text('{"title": "theirs"}')
        until(lambda: len(looks) > looked + 5, 30)
        assert house.store.change_number() == change
    assert {file for found in looks for file in found} == {"packs/theirs.json"}
    assert foreign.read_text() == '{"title": "theirs"}'
