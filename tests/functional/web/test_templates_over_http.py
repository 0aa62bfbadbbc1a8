"""Templates, the plan, and what links begin with, over real HTTP."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.app import LiveApp, running_app


def test_the_shipped_templates_are_listed_with_their_source(live_app: LiveApp) -> None:
    names = {one["name"] for one in live_app.call("GET", "/api/templates").json()}
    assert {"generic.json", "miner.json", "fleet-overview.json"} <= names
    one = live_app.call("GET", "/api/templates/generic").json()
    assert (one["name"], one["slot"], one["scope"]) == ("generic.json", "main", "device")
    assert json.loads(one["source"])["panels"]


def test_a_posted_source_is_checked_with_every_problems_place(live_app: LiveApp) -> None:
    def check(source: str) -> dict[str, object]:
        found = live_app.call("POST", "/api/templates/check", {"name": "mine.json", "source": source}).json()
        assert isinstance(found, dict)
        return found

    good = check('{"title": "<< device.title >>", "panels": []}')
    assert (good["ok"], good["problems"]) == (True, [])
    broken = check('{"title": "x",\n "panels": [}')
    assert broken["ok"] is False
    assert broken["problems"][0]["line"] == 2
    unsafe = {"targets": [{"expr": 'up{host="<< device.hostname >>"}', "refId": "A"}]}
    panel = {"id": 1, "type": "stat", "title": "Up", "gridPos": {"x": 0, "y": 0, "w": 4, "h": 4}, **unsafe}
    refused = check(json.dumps({"title": "x", "panels": [panel]}))
    assert refused["ok"] is False
    assert "expr" in json.dumps(refused["problems"])


def test_what_a_public_dashboard_will_not_show_is_named_without_being_a_fault(live_app: LiveApp) -> None:
    shown = {"id": 1, "type": "stat", "title": "Up", "gridPos": {"x": 0, "y": 0, "w": 4, "h": 4}, "targets": []}
    source = {
        "panels": [{**shown, "repeat": "site"}],
        "templating": {"list": [{"name": "site", "type": "query", "query": "label_values(up, site)"}]},
    }

    def check(head: dict[str, object]) -> list[dict[str, object]]:
        text = json.dumps({"__template__": head, **source})
        verdict = live_app.call("POST", "/api/templates/check", {"name": "mine.json", "source": text}).json()
        assert (verdict["ok"], verdict["problems"]) == (True, [])
        return list(verdict["unshareable"])

    found = check({})
    assert {one["feature"] for one in found} >= {"variable"}
    assert any(one["panel"] == "Up" for one in found)
    assert all(one["why"] and one["remedy"] for one in found)
    assert check({"share": False}) == [], "it is shown to nobody"


def test_a_template_is_filled_for_a_device_without_being_written(live_app: LiveApp) -> None:
    device = live_app.call("PUT", "/api/devices/rig-1?wait=10s", {"hostname": 'Rig "1"'}).json()
    filled = live_app.call("POST", "/api/templates/generic.json/render", {"device": "rig-1"}).json()
    assert filled["uid"] == device["dashboards"][0]["uid"]
    assert filled["document"]["title"] == 'Rig "1" (rig-1)'
    assert filled["document"]["dashwright"]["content"] == filled["content"]
    fleet = live_app.call("POST", "/api/templates/fleet-overview.json/render", {"device": "rig-1"})
    assert fleet.status == 400


def test_a_roll_out_is_planned_per_device(live_app: LiveApp) -> None:
    live_app.call("POST", "/api/devices/batch", [{"id": "a"}, {"id": "b"}, {"id": "m", "kind": "miner"}])
    same = live_app.call("GET", "/api/templates/generic.json").json()["source"]

    def plan(source: str) -> dict[str, object]:
        found = live_app.call("POST", "/api/templates/plan", {"name": "generic.json", "source": source}).json()
        assert isinstance(found, dict)
        return found

    assert plan(same)["changed"] == 0
    changed = json.loads(same)
    changed["panels"][0]["title"] = "Another title"
    found = plan(json.dumps(changed))
    assert (found["devices"], found["changed"]) == (3, 2)
    broken = live_app.call("POST", "/api/templates/plan", {"name": "generic.json", "source": "{"})
    assert broken.status == 422


def test_the_plan_says_what_the_next_pass_would_do(live_app: LiveApp) -> None:
    live_app.call("PUT", "/api/devices/rig-1?wait=10s", {})
    with live_app.passes.hold():
        live_app.call("PUT", "/api/devices/rig-2", {})
        plan = live_app.call("GET", "/api/plan").json()
        uid = live_app.call("GET", "/api/devices/rig-2").json()["dashboards"][0]["uid"]
        assert uid in {step["uid"] for step in plan["steps"]}
    live_app.call("PUT", "/api/devices/rig-2?wait=10s", {})


@pytest.mark.parametrize("public", ["https://dash.example.com", "https://example.com/tools/dash/"])
def test_links_begin_with_the_public_address_when_there_is_one(
    tmp_path: Path, sqlite_template: Path, public: str
) -> None:
    with running_app(tmp_path, empty_database=sqlite_template, public_url=public) as app:
        put = app.call("PUT", "/api/devices/rig-1", {}).json()["link"]
        batch = app.call("POST", "/api/devices/batch", [{"id": "rig-1"}]).json()["results"][0]["link"]
        listed = app.call("GET", "/api/links").json()[0]
        page = app.call("GET", "/api/devices", headers={"Host": "other.example"})
        for link in (put, batch, listed, page.json()[0]["link"]):
            assert link["url"].startswith(public.rstrip("/") + "/grafana/public-dashboards/")
            assert link["embed_url"].startswith(link["url"])
        assert page.headers["Link"].startswith(f"<{public.rstrip('/')}/api/devices?")


def test_links_follow_the_request_when_there_is_none(live_app: LiveApp) -> None:
    live_app.call("PUT", "/api/devices/rig-1", {})
    edge = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "dash.example.com", "X-Forwarded-For": "203.0.113.9"}
    url = live_app.call("PUT", "/api/devices/rig-1", {}, headers=edge).json()["link"]["url"]
    assert url.startswith("https://dash.example.com/grafana/")
    url = live_app.call("PUT", "/api/devices/rig-1", {}, headers={"Host": "intranet:8080"}).json()["link"]["url"]
    assert url.startswith("http://intranet:8080/grafana/")
