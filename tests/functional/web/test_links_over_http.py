"""The life of links over the API: statuses, words, and what a visitor is met with at the very next request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend_server.accounts import Role, Scope
from backend_server.primitives.secret import Secret
from backend_server.settings import LinkTokens
from tests.support.app import LiveApp, running_app


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[LiveApp]:
    with running_app(tmp_path_factory.mktemp("links"), empty_database=sqlite_template) as running:
        running.call("PUT", "/api/devices/rig-1?wait=10s", {"hostname": "rig-1"})
        yield running


@pytest.fixture(autouse=True)
def counts_written(app: LiveApp) -> Iterator[None]:
    """Write counted views at the end of each test, and with that end the timer that would write them."""
    yield
    app.services.views.flush()


def make(app: LiveApp, **given: Any) -> Any:
    reply = app.call("POST", "/api/links", {"device": "rig-1", **given})
    assert reply.status == 201, reply.body
    return reply.json()


def test_a_note_is_for_those_who_look_after_the_link_and_for_no_visitor(app: LiveApp) -> None:
    note = "Landlord: 555-0199\nkey under the mat"
    link = make(app, label="Hall", note=note)
    path, token = f"/api/links/{link['token']}", link["token"]
    assert link["note"] == app.call("GET", path).json()["note"] == note
    assert [one["token"] for one in app.call("GET", "/api/links?search=under%20the").json()] == [token]
    assert app.call("PATCH", path, {"label": "Lobby"}).json()["note"] == note
    for page in (
        f"/grafana/public-dashboards/{token}",
        f"/grafana/public-dashboards/{token}/state",
        f"/grafana/api/public/dashboards/{token}",
        f"/grafana/s/{link['slug']}",
    ):
        assert "555-0199" not in app.call("GET", page, token=None).body.decode()
    assert "555-0199" not in app.call("PUT", "/api/devices/rig-1", {"hostname": "rig-1"}).body.decode()
    assert app.call("PATCH", path, {"note": "x" * 1001}).status == 422
    assert app.call("PATCH", path, {"note": None}).json()["note"] == ""
    changes = [row["details"] for row in app.call("GET", "/api/audit?action=link.edit&per_page=2").json()]
    assert changes == [{"note": [note, ""]}, {"label": ["Hall", "Lobby"]}]


def visit(app: LiveApp, token: str) -> tuple[int, str, str | None]:
    """Visit the page, Grafana's route and the state as nobody; gives the status of both and the state."""
    page = app.call("GET", f"/grafana/public-dashboards/{token}", token=None).status
    api = app.call("GET", f"/grafana/api/public/dashboards/{token}", token=None).status
    state = app.call("GET", f"/grafana/public-dashboards/{token}/state", token=None)
    assert state.status == (404 if page == 404 else 200)
    assert page == api or page == 503
    return page, state.json().get("state", ""), state.json().get("until")


def test_a_link_tells_all_the_spec_names(app: LiveApp) -> None:
    link = make(
        app,
        label="Lobby",
        profile={"theme": "dark", "from": "now-6h"},
        expires_at="2099-01-01T00:00:00Z",
        frame_ancestors=["https://app.example.com"],
        password="correct horse",
    )
    wanted = {
        *("token", "slug", "label", "note", "url", "embed_url", "state", "device", "slot", "profile", "not_before"),
        *("expires_at", "has_password", "frame_ancestors", "created_by", "created_at", "last_seen_at", "views"),
    }
    assert wanted <= link.keys()
    assert link["expires_at"] == "2099-01-01T00:00:00.000Z"
    assert link["has_password"] is True
    assert link["created_by"] == "token:environment"
    assert "correct horse" not in json.dumps(app.call("GET", f"/api/links/{link['token']}").json())
    assert "argon2" not in app.call("GET", "/api/links").body.decode()


def test_visitors_meet_each_state_at_the_next_request(app: LiveApp) -> None:
    link = make(app)
    token = link["token"]
    assert visit(app, token)[0] in (200, 503)
    assert visit(app, token)[1] == "live"
    assert app.call("POST", f"/api/links/{token}/pause").json()["state"] == "paused"
    assert visit(app, token) == (403, "paused", None)
    assert app.call("POST", f"/api/links/{token}/resume").json()["state"] == "live"
    assert visit(app, token)[1] == "live"
    later = "2099-01-01T00:00:00.000Z"
    assert app.call("PATCH", f"/api/links/{token}", {"not_before": later}).json()["state"] == "not_yet"
    assert visit(app, token) == (403, "not_yet", later)
    app.call("PATCH", f"/api/links/{token}", {"not_before": None, "expires_at": later})
    assert visit(app, token)[1:] == ("live", later)
    rotated = app.call("POST", f"/api/links/{token}/rotate").json()
    assert rotated["slug"] == link["slug"]
    assert visit(app, token) == (410, "rotated", None)
    assert visit(app, rotated["token"])[1] == "live"
    led = app.call("GET", f"/s/{link['slug']}", token=None)
    assert (led.status, rotated["token"] in led.headers["Location"]) == (302, True)
    again = app.call("POST", f"/api/links/{rotated['token']}/rotate", {"grace_seconds": 3600}).json()
    assert visit(app, rotated["token"])[1] == "live"
    assert visit(app, rotated["token"])[2] is not None
    assert app.call("DELETE", f"/api/links/{again['token']}").status == 200
    assert {visit(app, one)[:2] for one in (rotated["token"], again["token"])} == {(410, "revoked")}
    assert visit(app, "0" * 32)[0] == 404


def test_the_switch_turns_every_link_off_and_on(app: LiveApp) -> None:
    token = make(app)["token"]
    assert app.call("GET", "/api/links/switch").json() == {"links_on": True}
    for _ in range(2):
        assert app.call("POST", "/api/links/off").json() == {"links_on": False}
        assert visit(app, token) == (403, "paused", None)
    assert app.call("GET", "/api/devices/rig-1").json()["link"]["state"] == "paused"
    for _ in range(2):
        assert app.call("POST", "/api/links/on").json() == {"links_on": True}
        assert visit(app, token)[1] == "live"
    actions = [row["action"] for row in app.call("GET", "/api/audit?kind=links").json()]
    assert actions == ["links.on", "links.off"]


def test_what_is_refused_says_why(app: LiveApp) -> None:
    token = make(app)["token"]

    def refused(method: str, path: str, body: object = None) -> tuple[int, str]:
        reply = app.call(method, path, body)
        return reply.status, reply.json()["error"]["message"]

    assert refused("POST", f"/api/links/{token}/rotate", {"grace_seconds": -1})[0] == 422
    assert refused("POST", f"/api/links/{token}/rotate", {"seconds": 1})[0] == 422
    assert refused("POST", f"/api/links/{token}/rotate", [])[0] == 422
    status, message = refused("PATCH", f"/api/links/{token}", {"frame_ancestors": ["a.example"], "label": 5})
    assert status == 422
    assert "frame_ancestors[0]" in message
    assert "label" in message
    assert refused("PATCH", f"/api/links/{token}", {"password": "short"})[0] == 422
    assert refused("POST", "/api/links", {"device": "rig-1", "expires_at": "2020-01-01T00:00:00Z"})[0] == 422
    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/pause"), ("POST", "/rotate")):
        body = {"label": "x"} if method == "PATCH" else None
        assert refused(method, f"/api/links/{'0' * 32}{path}", body)[0] == 404
    app.call("DELETE", f"/api/links/{token}")
    for path in ("/pause", "/resume", "/rotate"):
        status, message = refused("POST", f"/api/links/{token}{path}")
        assert (status, "revoked for good" in message) == (409, True)
    old = make(app)["token"]
    app.call("POST", f"/api/links/{old}/rotate")
    status, message = refused("GET", f"/api/links/{old}")
    assert (status, "Find it by its slug" in message) == (410, True)


def test_lists_filter_and_page(app: LiveApp) -> None:
    made = [make(app, label=f"screen {number}")["token"] for number in range(3)]
    app.call("POST", f"/api/links/{made[0]}/pause")
    page = app.call("GET", "/api/links?search=SCREEN&per_page=2")
    assert [one["token"] for one in page.json()] == made[:0:-1]
    assert page.headers["X-Total-Count"] == "3"
    paused = app.call("GET", "/api/links?state=paused&search=screen").json()
    assert [one["token"] for one in paused] == [made[0]]
    assert app.call("GET", "/api/links?unused_days=1").json() == []
    assert app.call("GET", "/api/links?state=broken").status == 422


def test_the_ledger_tells_views_refusals_and_deeds(app: LiveApp) -> None:
    token = make(app)["token"]
    app.call("POST", f"/api/links/{token}/pause")
    for _ in range(3):
        visit(app, token)
    app.services.views.flush()
    ledger = app.call("GET", f"/api/links/{token}/ledger?days=7").json()
    assert ledger["refused"]["paused"] >= 3
    assert ledger["days"][0]["refused"] == ledger["refused"]
    assert [one["action"] for one in ledger["changes"]] == ["link.pause", "link.create"]
    assert ledger["created_by"] == "token:environment"
    assert app.call("GET", f"/api/links/{token}/ledger?days=0").status == 422
    assert app.call("GET", f"/api/links/{'0' * 32}/ledger").status == 404
    viewer = app.token_of(Role.VIEWER, Scope.LINKS_READ)
    assert app.call("GET", f"/api/links/{token}/ledger", token=viewer).status == 200


def test_every_write_to_links_is_in_the_audit_and_nothing_takes_it_out(app: LiveApp) -> None:
    before = int(app.call("GET", "/api/audit?per_page=1").headers["X-Total-Count"])
    token = make(app)["token"]
    app.call("PATCH", f"/api/links/{token}", {"label": "x", "password": "correct horse"})
    app.call("POST", f"/api/links/{token}/pause")
    app.call("POST", f"/api/links/{token}/resume")
    new = app.call("POST", f"/api/links/{token}/rotate").json()["token"]
    app.call("DELETE", f"/api/links/{new}")
    page = app.call("GET", "/api/audit?kind=link&action=link.*&per_page=6")
    assert [row["action"] for row in reversed(page.json())] == [
        *("link.create", "link.edit", "link.pause", "link.resume", "link.rotate", "link.revoke")
    ]
    assert len({row["object_id"] for row in page.json()}) == 1
    text = page.body.decode()
    assert token not in text
    assert new not in text
    assert "correct horse" not in text
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for path in ("/api/audit", f"/api/audit/{page.json()[0]['id']}", f"/api/links/{new}/ledger"):
            assert app.call(method, path, {}).status in (404, 405)
    assert int(app.call("GET", "/api/audit?per_page=1").headers["X-Total-Count"]) == before + 6
    at = page.json()[0]["at"]
    assert app.call("GET", f"/api/audit?since={at}&actor=token:environment").json()[0]["at"] >= at
    assert app.call("GET", "/api/audit?since=yesterday").status == 422


def test_derived_tokens_say_what_they_cannot(tmp_path: Path, sqlite_template: Path) -> None:
    key = Secret("k" * 40)
    with running_app(
        tmp_path, empty_database=sqlite_template, link_tokens=LinkTokens.DERIVED, secret_key=key
    ) as derived:
        token = derived.call("PUT", "/api/devices/rig-1?wait=10s", {}).json()["link"]["token"]
        for method, path, body, status in (
            ("POST", "/api/links", {"device": "rig-1"}, 409),
            ("POST", f"/api/links/{token}/rotate", None, 409),
            ("PATCH", f"/api/links/{token}", {"expires_at": "2099-01-01T00:00:00Z"}, 422),
            ("PATCH", f"/api/links/{token}", {"password": "correct horse"}, 422),
            ("PATCH", f"/api/links/{token}", {"frame_ancestors": ["https://a.test"]}, 422),
            ("PATCH", f"/api/links/{token}", {"slug": "front-door"}, 422),
        ):
            reply = derived.call(method, path, body)
            assert reply.status == status, path
            assert "LINK_TOKENS=derived" in reply.json()["error"]["message"]
        page = f"/grafana/public-dashboards/{token}"
        assert derived.call("GET", page, token=None).status == 200, "nothing was half done"
        assert derived.call("PATCH", f"/api/links/{token}", {"label": "Lobby", "frame_ancestors": []}).status == 200
        assert derived.call("POST", f"/api/links/{token}/pause").status == 200
        assert derived.call("GET", page, token=None).status == 403
        assert derived.call("POST", f"/api/links/{token}/resume").status == 200
        assert derived.call("DELETE", "/api/devices/rig-1").status == 200
        assert derived.call("GET", page, token=None).status == 410, "a retired device's link is off"
