"""The fake's file provisioning, fault by fault as it was observed (what no recording shows)."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from backend_server.grafana import DashboardDamaged, GrafanaClient, GrafanaFault
from tests.fakes.grafana import FakeGrafana, StartFailed
from tests.support.grafana import client_of
from tests.unit.grafana.worlds import World, device_document


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path, ("devices", "others"))
    made.write_devices(3)
    made.write(device_document("oth-1", "Other 1"), provider="others")
    return made


@pytest.fixture
def fake(world: World) -> Iterator[FakeGrafana]:
    with world.fake() as found:
        yield found


@pytest.fixture
def client(fake: FakeGrafana) -> Iterator[GrafanaClient]:
    found = client_of(fake)
    yield found
    found.close()


def change_providers(world: World, **values: Any) -> None:
    content = yaml.safe_load(world.yaml.read_text())
    for provider in content["providers"]:
        provider.update(values)
    world.yaml.write_text(yaml.safe_dump(content))


def ids(fake: FakeGrafana) -> dict[str, int]:
    return {one.uid: one.internal_id for one in fake.database.dashboards}


def test_an_emptied_folder_deletes_all_of_its_provider(world: World, fake: FakeGrafana, client: GrafanaClient) -> None:
    for file in (world.root / "devices").iterdir():
        file.unlink()
    client.reload()
    assert fake.dashboard_uids() == ["oth-1"]


def test_a_missing_folder_deletes_nothing_and_skips_those_after_it(
    world: World, fake: FakeGrafana, client: GrafanaClient
) -> None:
    shutil.rmtree(world.root / "devices")
    world.write(device_document("oth-2", "Other 2"), provider="others")
    client.reload()
    assert fake.dashboard_uids() == ["dev-0001", "dev-0002", "dev-0003", "oth-1"]
    fake.poll()
    assert "oth-2" in fake.dashboard_uids()


def test_an_unreadable_folder_is_a_500_that_deletes_nothing(
    world: World, fake: FakeGrafana, client: GrafanaClient
) -> None:
    world.write(device_document("oth-2", "Other 2"), provider="others")
    fake.make_unreadable(world.root / "devices")
    with pytest.raises(GrafanaFault):
        client.reload()
    assert fake.dashboard_uids() == ["dev-0001", "dev-0002", "dev-0003", "oth-1"]
    fake.make_readable()
    client.reload()
    assert "oth-2" in fake.dashboard_uids()


def test_without_provider_yaml_everything_goes_and_the_reload_says_200(
    world: World, fake: FakeGrafana, client: GrafanaClient
) -> None:
    change_providers(world, disableDeletion=True)
    client.reload()
    world.yaml.unlink()
    client.reload()
    assert fake.dashboard_uids() == []


def test_a_renamed_provider_deletes_and_makes_anew(world: World, fake: FakeGrafana, client: GrafanaClient) -> None:
    change_providers(world, disableDeletion=True)
    client.reload()
    before = ids(fake)
    world.yaml.write_text(world.yaml.read_text().replace("name: devices", "name: renamed"))
    client.reload()
    after = ids(fake)
    assert before["oth-1"] == after["oth-1"]
    assert before["dev-0001"] != after["dev-0001"]


def test_a_renamed_file_gets_a_new_id_when_deletion_is_on(
    world: World, fake: FakeGrafana, client: GrafanaClient
) -> None:
    before = ids(fake)
    world.move("devices/dev-0001.json", "devices/renamed.json")
    client.reload()
    assert ids(fake)["dev-0001"] != before["dev-0001"]


def test_a_uid_changed_inside_a_file_damages_both_until_the_provider_goes(
    world: World, fake: FakeGrafana, client: GrafanaClient
) -> None:
    world.write(device_document("dev-0091", "Device 0001"), "dev-0001.json")
    client.reload()
    for step in ("changed", "removed", "restored"):
        for uid in ("dev-0001", "dev-0091"):
            with pytest.raises(DashboardDamaged):
                client.dashboard(uid)
        if step == "changed":
            (world.root / "devices" / "dev-0001.json").unlink()
        else:
            world.write(device_document("dev-0001", "Device 0001"))
        client.reload()
    kept = world.yaml.read_text()
    world.yaml.write_text("apiVersion: 1\nproviders: []\n")
    client.reload()
    world.yaml.write_text(kept)
    client.reload()
    found = client.dashboard("dev-0001")
    assert found is not None
    assert found.provisioned


def test_two_files_that_exchange_their_uids_never_converge(
    world: World, fake: FakeGrafana, client: GrafanaClient
) -> None:
    world.write(device_document("dev-0002", "Device 0002 new"), "dev-0001.json")
    world.write(device_document("dev-0001", "Device 0001 new"), "dev-0002.json")
    for _ in range(3):
        client.reload()
    titles = {one.uid: one.title for one in fake.database.dashboards}
    assert (titles["dev-0001"], titles["dev-0002"]) == ("Device 0001", "Device 0002")
    assert any("same uid already exists" in line for line in fake.log)


@pytest.mark.parametrize("same", ["uid", "title"])
def test_a_duplicate_freezes_its_provider_but_not_its_deletions(
    world: World, fake: FakeGrafana, client: GrafanaClient, same: str
) -> None:
    twin = device_document("dev-0003", "Twin") if same == "uid" else device_document("dev-0004", "Device 0003")
    world.write(twin, "twin.json")
    client.reload()
    world.write(device_document("dev-0001", "Changed"))
    (world.root / "devices" / "dev-0002.json").unlink()
    world.write(device_document("oth-1", "Other changed"), provider="others")
    fake.poll()
    titles = {one.uid: one.title for one in fake.database.dashboards}
    assert titles["dev-0001"] == "Device 0001"
    assert "dev-0002" not in titles
    assert titles["oth-1"] == "Other changed"
    client.reload()
    assert {one.uid: one.title for one in fake.database.dashboards}["dev-0001"] == "Changed"
    (world.root / "devices" / "twin.json").unlink()
    world.write(device_document("dev-0001", "Changed again"))
    fake.poll()
    fake.provisioner.check_duplicates()
    fake.poll()
    assert {one.uid: one.title for one in fake.database.dashboards}["dev-0001"] == "Changed again"


def test_the_winner_of_a_doubled_uid_alternates(world: World, fake: FakeGrafana, client: GrafanaClient) -> None:
    world.write(device_document("dev-0003", "Twin"), "twin.json")
    winners = []
    for _ in range(4):
        client.reload()
        found = client.dashboard("dev-0003")
        assert found is not None
        winners.append((found.document["title"], found.version))
    assert winners == [("Twin", 2), ("Device 0003", 3), ("Twin", 4), ("Device 0003", 5)]


def test_a_shared_folder_title_makes_everything_anew_at_each_reload(
    world: World, fake: FakeGrafana, client: GrafanaClient
) -> None:
    change_providers(world, folder="Shared", disableDeletion=True)
    client.reload()
    before = ids(fake)
    client.reload()
    after = ids(fake)
    assert before.keys() == after.keys()
    assert all(before[uid] != after[uid] for uid in before)
    fake.poll()
    assert ids(fake) == after


def test_beyond_a_thousand_files_deletions_are_missed(tmp_path: Path) -> None:
    world = World(tmp_path)
    for number in range(1010):
        world.write({"uid": f"n-{number:04d}", "title": f"N {number}", "panels": []})
    with world.fake() as fake:
        for number in range(1005, 1010):
            (world.root / "devices" / f"n-{number:04d}.json").unlink()
        client = client_of(fake)
        client.reload()
        client.close()
        assert len(fake.dashboard_uids()) == 1010


@pytest.mark.parametrize(
    ("name", "loaded"),
    [
        (".hidden.json", True),
        ("sub/inside.json", True),
        ("x.json.tmp", False),
        ("x.JSON", False),
        (".h/below.json", False),
        ("..data/below.json", False),
    ],
)
def test_which_names_are_read(world: World, fake: FakeGrafana, client: GrafanaClient, name: str, loaded: bool) -> None:
    world.write(device_document("named", "Named"), name)
    client.reload()
    assert ("named" in fake.dashboard_uids()) is loaded


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'\xef\xbb\xbf{"uid": "x", "title": "X"}', id="byte-order mark"),
        pytest.param(json.dumps({"uid": "y" * 41, "title": "Y"}).encode(), id="uid too long"),
        pytest.param(b'{"uid": "a b", "title": "A"}', id="uid with a blank"),
        pytest.param(json.dumps({"uid": "t", "title": "T", "tags": ["x" * 51]}).encode(), id="tag too long"),
        pytest.param(b"", id="empty"),
    ],
)
def test_bad_files_are_logged_and_passed_over(
    world: World, fake: FakeGrafana, client: GrafanaClient, body: bytes
) -> None:
    (world.root / "devices" / "bad.json").write_bytes(body)
    os.symlink(world.root / "nowhere", world.root / "devices" / "dangling.json")
    world.write(device_document("dev-0099", "Device 0099"))
    client.reload()
    assert fake.dashboard_uids() == ["dev-0001", "dev-0002", "dev-0003", "dev-0099", "oth-1"]
    assert any("bad.json" in line for line in fake.log)


def test_a_file_without_uid_keeps_the_one_it_was_given(world: World, fake: FakeGrafana, client: GrafanaClient) -> None:
    world.write({"title": "No uid", "panels": []}, "no-uid.json")
    client.reload()
    first = fake.dashboard_uids()
    world.write({"title": "No uid, changed", "panels": []}, "no-uid.json")
    client.reload()
    assert fake.dashboard_uids() == first


def test_an_api_made_dashboard_is_taken_over(world: World, fake: FakeGrafana, client: GrafanaClient) -> None:
    document = device_document("api-1", "By API")
    client._transport.call("POST", "/api/dashboards/db", {"dashboard": document})
    made = client.dashboard("api-1")
    world.write({**document, "title": "By file"}, "api-1.json")
    client.reload()
    taken = client.dashboard("api-1")
    assert made is not None
    assert taken is not None
    assert (taken.internal_id, taken.version, taken.provisioned) == (made.internal_id, 2, True)


@pytest.mark.parametrize("fault", ["broken yaml", "two of one name", "unreadable", "two default datasources"])
def test_what_keeps_grafana_from_starting(world: World, fault: str) -> None:
    fake = world.fake()
    if fault == "broken yaml":
        world.yaml.write_text("providers: [")
    elif fault == "two of one name":
        world.yaml.write_text(world.yaml.read_text().replace("name: others", "name: devices"))
    elif fault == "unreadable":
        fake.make_unreadable(world.root / "others")
    else:
        (world.provisioning / "datasources").mkdir()
        two = [{"name": name, "type": "prometheus", "isDefault": True} for name in "ab"]
        (world.provisioning / "datasources" / "x.yml").write_text(yaml.safe_dump({"datasources": two}))
    with pytest.raises(StartFailed):
        fake.start()


def test_a_lost_database_comes_back_from_files_without_rows(
    world: World, fake: FakeGrafana, client: GrafanaClient
) -> None:
    client.ensure_user("dashwright-viewer", "Viewer")
    before = ids(fake)
    fake.forget_database()
    assert ids(fake).keys() == before.keys()
    assert ids(fake) != before
    assert client.list_public() == ()
    assert [user.login for user in fake.database.users] == ["admin"]


def test_the_ticker_reads_files_without_a_reload(world: World) -> None:
    with world.fake(polling=True, time_scale=0.01) as fake:
        world.write(device_document("dev-0050", "Device 0050"))
        until(lambda: "dev-0050" in fake.dashboard_uids())


def test_watch_mode_starves_under_steady_writes(world: World) -> None:
    change_providers(world, updateIntervalSeconds=10)
    with world.fake(polling=True, time_scale=0.2) as fake:
        time.sleep(0.3)
        for number in range(10):
            world.write(device_document("dev-0001", f"Changed {number}"))
            time.sleep(0.25)
        found = fake.database.find("dev-0001")
        assert found is not None
        assert found.title == "Device 0001"
        until(lambda: found.title == "Changed 9")


def until(said: Any, seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not said():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.02)
