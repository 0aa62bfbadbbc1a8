"""The hook and what people do with devices, over real HTTP."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from tests.support.app import LiveApp, running_app


def test_a_device_goes_from_its_first_put_to_a_live_link(live_app: LiveApp) -> None:
    first = live_app.call("PUT", "/api/devices/rig-1?wait=10s", {"hostname": "Rig one", "kind": "miner"})
    assert first.status == 201
    answer = first.json()
    assert answer["device"]["hostname"] == "Rig one"
    assert [one["slot"] for one in answer["dashboards"]][0:1] == ["main"] or answer["dashboards"]
    link = answer["link"]
    assert link["state"] == "live"
    assert link["url"] == f"{live_app.base}/grafana/public-dashboards/{link['token']}?orgId=1"
    assert link["embed_url"].startswith(link["url"] + "&theme=")

    again = live_app.call("PUT", "/api/devices/rig-1", {"hostname": "Rig one", "kind": "miner"})
    assert again.status == 200
    assert again.json()["link"] == link


def test_without_wait_the_answer_says_pending_and_never_more(live_app: LiveApp) -> None:
    with live_app.passes.hold():
        answer = live_app.call("PUT", "/api/devices/rig-1", {"hostname": "rig-1"})
        assert (answer.status, answer.json()["link"]["state"]) == (201, "pending")
        began = time.monotonic()
        waited = live_app.call("PUT", "/api/devices/rig-1?wait=300ms", {"hostname": "rig-1"})
        assert (waited.status, waited.json()["link"]["state"]) == (202, "pending")
        assert 0.3 <= time.monotonic() - began < 5


def test_a_fifth_waiting_request_gets_202_at_once(live_app: LiveApp) -> None:
    statuses: list[int] = []

    def wait_long() -> None:
        statuses.append(live_app.call("PUT", "/api/devices/rig-1?wait=20s", {"hostname": "rig-1"}).status)

    with live_app.passes.hold():
        live_app.call("PUT", "/api/devices/rig-1", {"hostname": "rig-1"})
        waiting = [threading.Thread(target=wait_long) for _ in range(4)]
        for thread in waiting:
            thread.start()
        deadline = time.monotonic() + 5
        while b"dashwright_waiting_requests 4.0" not in live_app.call("GET", "/metrics").body:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        began = time.monotonic()
        fifth = live_app.call("PUT", "/api/devices/rig-1?wait=20s", {"hostname": "rig-1"})
        assert fifth.status == 202
        assert time.monotonic() - began < 3
    for thread in waiting:
        thread.join(20)
    assert statuses == [200] * 4


def test_a_batch_answers_each_device_in_its_place(live_app: LiveApp) -> None:
    items = [{"id": "a", "hostname": "A"}, {"id": "../b"}, {"id": "c", "labels": {"site": 1}}, {"id": "d"}]
    answer = live_app.call("POST", "/api/devices/batch", items)
    assert answer.status == 200
    results = answer.json()["results"]
    assert [(one["id"], one["status"]) for one in results] == [("a", 201), ("../b", 422), ("c", 422), ("d", 201)]
    assert "labels.site" in results[2]["error"]["message"]
    assert results[0]["link"]["url"].startswith(live_app.base)
    again = live_app.call("POST", "/api/devices/batch", items).json()["results"]
    assert [one["status"] for one in again] == [200, 422, 422, 200]


@pytest.mark.parametrize("body", [{"id": "a"}, "text", 1])
def test_a_batch_that_is_no_array_is_refused(live_app: LiveApp, body: object) -> None:
    assert live_app.call("POST", "/api/devices/batch", body).status == 422


def test_heartbeats_keep_a_clients_devices_fresh_and_ask_for_what_is_not_known(live_app: LiveApp) -> None:
    named = {"X-Dashwright-Client": "poller-1"}
    live_app.call("POST", "/api/devices/batch", [{"id": "a"}, {"id": "b"}], headers=named)
    epoch = live_app.services.store.epoch()

    def beat(epoch: str | None, count: int, headers: dict[str, str]) -> dict[str, object]:
        return live_app.call("POST", "/api/devices/heartbeat", {"epoch": epoch, "count": count}, headers=headers).json()

    assert beat(epoch, 2, named) == {"epoch": epoch, "resend": False}
    assert beat("another", 2, named) == {"epoch": epoch, "resend": True}
    assert beat(epoch, 2, {"X-Dashwright-Client": "poller-2"})["resend"] is True


def test_what_an_operator_sets_wins_until_it_is_taken_back(live_app: LiveApp) -> None:
    live_app.call("PUT", "/api/devices/rig-1", {"hostname": "sent", "labels": {"site": "north"}})
    edited = live_app.call("PATCH", "/api/devices/rig-1", {"hostname": "set by hand"})
    assert edited.json()["device"]["hostname"] == "set by hand"
    live_app.call("PUT", "/api/devices/rig-1", {"hostname": "sent again"})
    assert live_app.call("GET", "/api/devices/rig-1").json()["device"]["hostname"] == "set by hand"
    live_app.call("PATCH", "/api/devices/rig-1", {"hostname": None})
    assert live_app.call("GET", "/api/devices/rig-1").json()["device"]["hostname"] == "sent again"


def test_retire_and_revive(live_app: LiveApp) -> None:
    link = live_app.call("PUT", "/api/devices/rig-1?wait=10s", {"hostname": "rig-1"}).json()["link"]
    page = f"/grafana/public-dashboards/{link['token']}"
    state = f"{page}/state"
    assert live_app.call("GET", state, token=None).status == 200

    retired = live_app.call("DELETE", "/api/devices/rig-1")
    assert retired.json() == {"message": "The device rig-1 is retired."}
    assert live_app.call("GET", page, token=None).status == 410
    kept = live_app.call("PUT", "/api/devices/rig-1", {"hostname": "rig-1"})
    assert (kept.status, kept.json()["device"]["state"]) == (200, "retired")

    assert live_app.call("POST", "/api/devices/rig-1/revive").status == 200
    back = live_app.call("PUT", "/api/devices/rig-1?wait=10s", {"hostname": "rig-1"}).json()
    assert back["link"]["token"] == link["token"]
    assert back["link"]["state"] == "live"
    assert live_app.call("DELETE", "/api/devices/unknown").status == 404
    assert live_app.call("POST", "/api/devices/unknown/revive").status == 404


def test_lists_are_paged_with_their_neighbours(live_app: LiveApp) -> None:
    live_app.call("POST", "/api/devices/batch", [{"id": f"rig-{number}", "kind": "miner"} for number in range(5)])
    live_app.call("PUT", "/api/devices/other", {"hostname": "Other"})
    page = live_app.call("GET", "/api/devices?kind=miner&page=2&per_page=2")
    assert [one["device"]["id"] for one in page.json()] == ["rig-2", "rig-3"]
    assert page.headers["X-Total-Count"] == "5"
    assert page.headers["Link"] == ", ".join(
        f'<{live_app.base}/api/devices?page={number}&per_page=2&kind=miner>; rel="{rel}"'
        for rel, number in (("first", 1), ("prev", 1), ("next", 3), ("last", 3))
    )
    found = live_app.call("GET", "/api/devices?search=oth").json()
    assert [one["device"]["id"] for one in found] == ["other"]
    assert live_app.call("GET", "/api/devices?page=99").json() == []


def test_a_devices_dashboards_and_links(live_app: LiveApp) -> None:
    own = live_app.call("PUT", "/api/devices/rig-1?wait=10s", {"hostname": "rig-1"}).json()["link"]
    other = live_app.call("POST", "/api/links", {"device": "rig-1", "label": "wall"}).json()
    answer = live_app.call("GET", "/api/devices/rig-1/dashboard").json()
    assert [link["token"] for link in answer["links"]] == [own["token"], other["token"]]
    assert answer["dashboards"][0]["slot"] == "main"


def test_prometheus_finds_the_poller_and_scraped_devices(live_app: LiveApp) -> None:
    live_app.call("PUT", "/api/devices/node-1", {"kind": "prometheus", "address": "http://10.9.2.7:9100"})
    live_app.call("PUT", "/api/devices/node-2", {"kind": "prometheus", "address": "https://10.9.2.8"})
    live_app.call("PUT", "/api/devices/rig-1", {"kind": "miner", "address": "http://192.0.2.8"})
    groups = live_app.call("GET", "/api/prometheus/targets").json()
    assert [group["targets"] for group in groups] == [
        [f"127.0.0.1:{live_app.settings.poller_port}"],
        ["10.9.2.7:9100"],
        ["10.9.2.8:443"],
    ]
    assert groups[2]["labels"]["__scheme__"] == "https"
    assert len(live_app.call("GET", "/api/prometheus/targets?kind=prometheus").json()) == 2


HOSTILE = [
    "http://169.254.169.254",
    "http://127.0.0.1:5109",
    "http://localhost:9100",
    "http://[::1]:9100",
    "http://[::ffff:127.0.0.1]:9100",
    "http://0.0.0.0:9100",
    "http://no-such-host.invalid:9100",
]


def test_prometheus_is_never_sent_where_the_poller_may_not_go(live_app: LiveApp) -> None:
    live_app.call("PUT", "/api/devices/good", {"kind": "prometheus", "address": "http://10.9.2.7:9100"})
    for number, address in enumerate(HOSTILE):
        live_app.call("PUT", f"/api/devices/bad-{number}", {"kind": "prometheus", "address": address})
    groups = live_app.call("GET", "/api/prometheus/targets?kind=prometheus").json()
    assert [group["targets"] for group in groups] == [["10.9.2.7:9100"]]
    told = live_app.call("GET", "/metrics").body.decode()
    assert f"dashwright_refused_scrape_targets {len(HOSTILE)}.0" in told


def test_what_the_operator_allows_is_scraped(tmp_path: Path, sqlite_template: Path) -> None:
    with running_app(tmp_path, empty_database=sqlite_template, outbound_allow="127.0.0.1:9100") as app:
        app.call("PUT", "/api/devices/here", {"kind": "prometheus", "address": "http://127.0.0.1:9100"})
        app.call("PUT", "/api/devices/ours", {"kind": "prometheus", "address": "http://127.0.0.1:5109"})
        groups = app.call("GET", "/api/prometheus/targets?kind=prometheus").json()
        assert [group["targets"] for group in groups] == [["127.0.0.1:9100"]]


def test_a_bad_device_of_a_batch_has_the_one_error_shape_with_the_requests_id(live_app: LiveApp) -> None:
    body = [{"id": "good"}, {"id": "bad", "hostname": 7}, {"id": "../x"}]
    reply = live_app.call("POST", "/api/devices/batch", body, headers={"X-Request-Id": "the-one-asked-for"})
    good, bad, worse = reply.json()["results"]
    assert (good["status"], bad["status"], worse["status"]) == (201, 422, 422)
    for result in (bad, worse):
        single = live_app.call("PUT", "/api/devices/bad", {"hostname": 7}).json()["error"]
        assert set(result["error"]) == set(single)
        assert result["error"]["request_id"] == "the-one-asked-for"


@pytest.mark.parametrize("share", [True, False])
def test_waiting_ends_when_what_was_sent_is_shown(live_app: LiveApp, share: bool) -> None:
    """A link that is live already, or none at all, says nothing of the newest version."""
    live_app.call("PUT", "/api/devices/rig-1?wait=20s", {"hostname": "old", "share": share})
    with live_app.passes.hold():
        waited = live_app.call("PUT", "/api/devices/rig-1?wait=300ms", {"hostname": "new", "share": share})
        assert waited.status == 202
        assert waited.json()["dashboards"][0]["state"] == "pending"
    answer = live_app.call("PUT", "/api/devices/rig-1?wait=20s", {"hostname": "newest", "share": share})
    assert answer.status == 200
    (main,) = answer.json()["dashboards"]
    assert (main["state"], main["title"]) == ("live", "newest (rig-1)")
    (file,) = live_app.settings.dashboards_dir.rglob("*rig-1*.json")
    assert json.loads(file.read_bytes())["title"] == "newest (rig-1)"


def test_a_kind_longer_than_a_tag_may_be_is_shown_all_the_same(live_app: LiveApp) -> None:
    for length in (50, 51, 64):
        kind = "k" * length
        answer = live_app.call("PUT", f"/api/devices/kind-{length}?wait=20s", {"kind": kind})
        assert answer.json()["dashboards"][0]["state"] == "live", answer.body
        (file,) = live_app.settings.dashboards_dir.rglob(f"*kind-{length}*.json")
        assert (kind in json.loads(file.read_bytes())["tags"]) is (length <= 50)
