"""Files become dashboards: proof of loading, and what keeps identity, link and row alive."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest

from backend_server.grafana import GrafanaClient, PublicDashboard
from backend_server.grafana.publishing import GrafanaPublishing
from tests.contract.conftest import Files


def test_our_own_key_comes_back_and_proves_what_is_loaded(client: GrafanaClient, files: Files) -> None:
    uid = files.new_uid()
    document = files.document(uid)
    files.write(f"shard-05/{uid}.json", document)
    client.reload()
    loaded = files.get(uid)
    assert loaded.document["dashwright"] == document["dashwright"]
    assert (loaded.provisioned, loaded.file, loaded.version) == (True, f"{uid}.json", 1)

    changed = files.document(uid, title=f"Contract {uid} renamed")
    files.write(f"shard-05/{uid}.json", changed)
    client.reload()

    again = files.get(uid)
    assert again.document["dashwright"] == changed["dashwright"]
    assert (again.version, again.internal_id) == (2, loaded.internal_id)


def test_unknown_keys_of_the_file_survive_in_any_depth(files: Files) -> None:
    extra: dict[str, Any] = {"x-kept": [1, 2.5, {"deep": None, "text": "<&>\u00e9"}]}
    loaded = files.load(**extra)
    assert loaded.document["x-kept"] == extra["x-kept"]


@pytest.mark.parametrize("step", ["removed and back", "renamed", "moved to another provider"])
def test_identity_and_link_survive(client: GrafanaClient, files: Files, wanted: PublicDashboard, step: str) -> None:
    loaded = files.load()
    uid, path = loaded.uid, files.folder / "shard-03" / f"{loaded.uid}.json"
    client.create_public(uid, wanted)
    body = path.read_bytes()
    path.unlink()
    if step == "removed and back":
        client.reload()
        gone = files.get(uid)
        assert (gone.provisioned, gone.internal_id) == (False, loaded.internal_id)
        assert client.visitor_dashboard(wanted.access_token).status == 200
        files.write(f"shard-03/{uid}.json", body)
    else:
        files.write("shard-03/other-name.json" if step == "renamed" else f"shard-09/{uid}.json", body)
    client.reload()
    back = files.get(uid)
    assert (back.provisioned, back.internal_id, back.version) == (True, loaded.internal_id, loaded.version)
    assert client.visitor_dashboard(wanted.access_token).status == 200


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"uid": "half', id="half a file"),
        pytest.param(b"", id="empty"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'{"dashboard": {"title": "x"}}', id="wrapped"),
        pytest.param(b'{"panels": []}', id="no title"),
    ],
)
def test_a_bad_file_keeps_the_previous_dashboard_and_stops_no_other(files: Files, body: bytes) -> None:
    loaded = files.load()
    files.write(f"shard-03/{loaded.uid}.json", body)
    other = files.load()
    assert files.get(loaded.uid).document == loaded.document
    assert other.provisioned


def test_uids_hold_forty_characters_and_no_more(client: GrafanaClient, files: Files) -> None:
    fits = files.new_uid().ljust(40, "x")
    over = fits + "x"
    files.uids |= {fits}
    for uid in (fits, over):
        files.write(f"shard-06/{uid}.json", files.document(uid))
    client.reload()
    assert files.get(fits).provisioned
    assert client.dashboard(over) is None


def test_a_refresh_below_the_least_is_raised(files: Files) -> None:
    assert files.load(refresh="1s").document["refresh"] == "5s"


def test_packs_get_the_folder_their_directory_names(client: GrafanaClient, files: Files) -> None:
    uid = files.new_uid()
    files.write(f"packs/Contract folder/{uid}.json", files.document(uid))
    client.reload()
    loaded = files.get(uid)
    assert (loaded.folder, loaded.file) == ("Contract folder", f"Contract folder/{uid}.json")
    assert files.load().folder == ""


def test_temporary_names_are_not_read_and_ids_of_the_file_are_ignored(client: GrafanaClient, files: Files) -> None:
    uid = files.new_uid()
    files.write(f"shard-08/.{uid}.json.swap", files.document(uid))
    client.reload()
    assert client.dashboard(uid) is None
    loaded = files.load(id=42, version=17)
    assert (loaded.version, loaded.internal_id != 42) == (1, True)


def test_titles_may_be_long_and_odd(files: Files) -> None:
    title = "Ü <b>&</b> \u201cquoted\u201d " + "x" * 160
    loaded = files.load(title=title)
    assert loaded.document["title"] == title
    assert orjson.dumps(loaded.document)


def test_what_is_offered_is_public_and_proven_by_what_a_visitor_gets(
    client: GrafanaClient, files: Files, wanted: PublicDashboard
) -> None:
    """How links come back to a Grafana that lost its database: without a look at the dashboard or at its row."""
    publishing = GrafanaPublishing(client)
    uid = files.new_uid()
    document = files.document(uid)
    assert publishing.offer(uid, wanted.uid, wanted.access_token) is None, "Grafana has no such dashboard"
    assert client.public_of(uid) is None
    path = files.write(f"shard-05/{uid}.json", document)
    client.reload()
    for _ in range(2):
        shown = publishing.offer(uid, wanted.uid, wanted.access_token)
        assert shown == document["dashwright"]["content"]
    assert publishing.is_provisioned(uid)
    path.unlink()
    client.reload()
    assert not publishing.is_provisioned(uid)


def test_files_are_read_in_the_order_of_providers_and_names_and_each_is_there_at_once(
    client: GrafanaClient, files: Files
) -> None:
    """While Grafana reads, what comes later is never there before what comes first."""
    uids = sorted(files.new_uid() for _ in range(40))
    for place, uid in enumerate(uids):
        files.write(f"shard-{place // 10:02d}/{uid}.json", files.document(uid))
    with ThreadPoolExecutor(1) as beside:
        reading = beside.submit(client.reload)
        while not reading.done():
            for first, later in ((0, 39), (0, 9), (10, 19), (9, 10)):
                if client.dashboard(uids[later]) is not None:
                    assert client.dashboard(uids[first]) is not None
        reading.result()
    assert all(client.dashboard(uid) is not None for uid in uids)
