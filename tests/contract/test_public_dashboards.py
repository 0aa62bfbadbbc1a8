"""Public dashboards: what our calls make of Grafana and what it answers in the cases that matter."""

from __future__ import annotations

import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import orjson
import pytest

from backend_server.grafana import (
    DashboardMissing,
    GrafanaClient,
    GrafanaForbidden,
    PublicDashboard,
    PublicExists,
    PublicMissing,
    PublicRefused,
    PublicTokenTaken,
    PublicUidTaken,
    StillProvisioned,
    settle_public,
)
from tests.contract.conftest import Files
from tests.contract.targets import Target


def test_a_row_is_made_read_paused_and_deleted(client: GrafanaClient, files: Files, wanted: PublicDashboard) -> None:
    uid = files.load().uid
    assert client.public_of(uid) is None

    made = client.create_public(uid, wanted)

    assert made == replace(wanted, dashboard_uid=uid) == client.public_of(uid)
    assert client.visitor_dashboard(wanted.access_token).status == 200
    assert files.get(uid).public is True
    assert client.update_public(uid, wanted.uid, enabled=False).enabled is False
    paused = client.visitor_dashboard(wanted.access_token)
    assert (paused.status, orjson.loads(paused.body)["messageId"]) == (403, "publicdashboards.notEnabled")
    assert client.update_public(uid, wanted.uid) == replace(made, enabled=False)
    assert client.update_public(uid, wanted.uid, enabled=True, time_selection=False, annotations=True) == replace(
        made, time_selection=False, annotations=True
    )
    assert client.delete_public(uid, wanted.uid) is True
    assert client.delete_public(uid, wanted.uid) is False
    assert client.visitor_dashboard(wanted.access_token).status == 404


def test_the_same_ids_can_be_had_again(client: GrafanaClient, files: Files, wanted: PublicDashboard) -> None:
    uid = files.load().uid
    first = client.create_public(uid, wanted)
    client.delete_public(uid, wanted.uid)
    assert client.create_public(uid, wanted) == first


def test_refusals_are_told_apart(client: GrafanaClient, files: Files, wanted: PublicDashboard) -> None:
    uid, other = files.load().uid, files.load("shard-04").uid
    client.create_public(uid, wanted)
    free = PublicDashboard(f"pd-{secrets.token_hex(6)}", secrets.token_hex(16))
    with pytest.raises(PublicExists):
        client.create_public(uid, free)
    with pytest.raises(PublicUidTaken):
        client.create_public(other, replace(free, uid=wanted.uid))
    with pytest.raises(PublicTokenTaken):
        client.create_public(other, replace(free, access_token=wanted.access_token))
    with pytest.raises(PublicRefused) as refused:
        client.create_public(other, replace(free, access_token="0" * 31))
    assert refused.value.message_id == "publicdashboards.invalidAccessToken"
    with pytest.raises(PublicRefused) as refused:
        client.create_public(other, replace(free, uid="not a uid"))
    assert refused.value.message_id == "publicdashboards.invalidUid"
    with pytest.raises(DashboardMissing):
        client.create_public(files.new_uid(), free)
    with pytest.raises(PublicMissing):
        client.update_public(uid, free.uid, enabled=False)
    with pytest.raises(DashboardMissing):
        client.update_public(files.new_uid(), wanted.uid, enabled=False)
    with pytest.raises(PublicRefused):
        client.delete_public(other, wanted.uid)
    with pytest.raises(PublicRefused):
        client.public_of("not a uid")
    assert client.public_of(files.new_uid()) is None


def test_racing_publishers_end_with_one_row(target: Target, files: Files, wanted: PublicDashboard) -> None:
    uid = files.load().uid
    clients = [target.client() for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda one: settle_public(one, uid, wanted), clients))
    for one in clients:
        one.close()
    assert set(found) == {replace(wanted, dashboard_uid=uid)}
    assert [row.dashboard_uid for row in files.client.list_public()].count(uid) == 1


def test_settling_replaces_another_token_and_an_email_share(
    client: GrafanaClient, files: Files, wanted: PublicDashboard
) -> None:
    uid = files.load().uid
    settle_public(client, uid, PublicDashboard(f"pd-{secrets.token_hex(6)}", secrets.token_hex(16)))
    assert settle_public(client, uid, wanted) == replace(wanted, dashboard_uid=uid)
    path = f"/api/dashboards/uid/{uid}/public-dashboards/{wanted.uid}"
    client._transport.call("PATCH", path, {"share": "email"})
    assert client.public_of(uid) is None
    other = PublicDashboard(f"pd-{secrets.token_hex(6)}", secrets.token_hex(16))
    assert settle_public(client, uid, other) == replace(other, dashboard_uid=uid)
    assert settle_public(client, uid, replace(other, enabled=False)).enabled is False


def test_the_list_names_what_is_public(client: GrafanaClient, files: Files, wanted: PublicDashboard) -> None:
    loaded = files.load()
    client.create_public(loaded.uid, wanted)
    found = next(row for row in client.list_public() if row.dashboard_uid == loaded.uid)
    assert (found.uid, found.access_token, found.enabled) == (wanted.uid, wanted.access_token, True)
    assert found.title == f"Contract {loaded.uid}"


def test_retiring_in_order_leaves_nothing(client: GrafanaClient, files: Files, wanted: PublicDashboard) -> None:
    uid = files.load().uid
    client.create_public(uid, wanted)
    with pytest.raises(StillProvisioned):
        client.delete_dashboard(uid)

    client.delete_public(uid, wanted.uid)
    (files.folder / "shard-03" / f"{uid}.json").unlink()
    client.reload()

    assert files.get(uid).provisioned is False
    assert client.delete_dashboard(uid) is True
    assert client.dashboard(uid) is None
    assert client.public_of(uid) is None
    assert client.delete_dashboard(uid) is False


def test_a_row_outlives_its_dashboard_only_until_the_tick(
    client: GrafanaClient, target: Target, files: Files, wanted: PublicDashboard
) -> None:
    uid = files.load().uid
    client.create_public(uid, wanted)
    (files.folder / "shard-03" / f"{uid}.json").unlink()
    client.reload()
    client.delete_dashboard(uid)
    deadline = time.monotonic() + 3 * target.tick_seconds + 10
    while client.public_of(uid) is not None and time.monotonic() < deadline:
        time.sleep(min(1.0, target.tick_seconds / 3))
    assert client.public_of(uid) is None
    assert client.visitor_dashboard(wanted.access_token).status == 404


def test_only_administrators_publish(
    client: GrafanaClient, target: Target, files: Files, wanted: PublicDashboard
) -> None:
    uid = files.load().uid
    for login, role in (("dashwright-viewer", "Viewer"), ("dashwright-editor", "Editor")):
        client.ensure_user(login, role)
        person = target.client(login)
        with pytest.raises(GrafanaForbidden):
            person.create_public(uid, wanted)
        with pytest.raises(GrafanaForbidden):
            person.reload()
        assert person.public_of(uid) is None
        person.close()
    client.ensure_user("dashwright-admin", "Admin")
    person = target.client("dashwright-admin")
    assert person.create_public(uid, wanted).uid == wanted.uid
    person.close()
