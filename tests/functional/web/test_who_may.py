"""Every route of the API against everybody who may not, and those who may."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend_server.accounts import Role, Scope
from backend_server.web.auth import need_of
from tests.support.app import LiveApp, running_app


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[LiveApp]:
    with running_app(tmp_path_factory.mktemp("who"), empty_database=sqlite_template) as running:
        running.call("PUT", "/api/devices/rig-1?wait=10s", {"hostname": "rig-1"})
        yield running


def routes(app: LiveApp) -> Iterator[tuple[str, str, str]]:
    """Return `(method, path with values in place, endpoint)` of every route below /api."""
    values = {"device_id": "rig-1", "token": "0" * 32, "token_id": "0" * 16, "name": "generic.json"}
    for rule in app.app.url_map.iter_rules():
        if not rule.rule.startswith("/api/"):
            continue
        path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", lambda found: values.get(found[1], "unknown"), rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, path, rule.endpoint


def test_nobody_and_bad_tokens_are_refused_on_every_route_with_one_shape(app: LiveApp) -> None:
    before = app.deeds()
    expired = app.token_of(Role.ADMIN, expires_at=time.time_ns() // 1_000_000 + 500)
    revoked = app.token_of(Role.ADMIN)
    app.call("DELETE", f"/api/tokens/{app.services.accounts.tokens()[0].id}")
    time.sleep(0.6)
    asked = 0
    for method, path, _ in routes(app):
        for token in (None, "dw_wrong", "", expired, revoked):
            headers = {"Authorization": "Bearer "} if token == "" else {}
            reply = app.call(method, path, b"{", token=None if token == "" else token, headers=headers)
            assert reply.status == 401, (method, path, token, reply.body)
            error = reply.json()["error"]
            assert set(error) == {"code", "message", "details", "request_id"}
            assert error["code"] == "unauthenticated"
            assert reply.headers["X-Request-Id"] == error["request_id"]
            assert reply.headers["WWW-Authenticate"].startswith("Bearer")
            asked += 1
    assert asked >= 5 * 25
    assert app.deeds() - before == 3, "only the two tokens and one revocation were written"


def test_each_role_may_what_its_rank_says(app: LiveApp) -> None:
    tokens = {role: app.token_of(role) for role in Role}
    for method, path, endpoint in routes(app):
        need = need_of(app.app, endpoint)
        assert need is not None
        for role, token in tokens.items():
            status = app.call(method, path, token=token).status
            if role.rank < need.role.rank:
                assert status == 403, (method, path, role)
            else:
                assert status not in (401, 403), (method, path, role, status)


def test_a_scoped_token_may_only_what_its_scopes_say(app: LiveApp) -> None:
    token = app.token_of(Role.ADMIN, Scope.DEVICES_READ)
    for method, path, endpoint in routes(app):
        need = need_of(app.app, endpoint)
        assert need is not None
        reply = app.call(method, path, token=token)
        if need.scope in (None, Scope.DEVICES_READ):
            assert reply.status not in (401, 403), (method, path, reply.status)
        else:
            assert reply.status == 403, (method, path)
            assert reply.json()["error"]["details"]["needs_scope"] == need.scope


def test_identity_headers_of_clients_make_nobody(app: LiveApp) -> None:
    for header in ("X-WEBAUTH-USER", "X-Forwarded-User", "Remote-User", "X-Auth-Request-User"):
        assert app.call("GET", "/api/me", token=None, headers={header: "admin"}).status == 401


def test_me_tells_who_is_calling(app: LiveApp) -> None:
    token = app.token_of(Role.VIEWER, Scope.DEVICES_READ)
    me = app.call("GET", "/api/me", token=token).json()
    assert me["role"] == "viewer"
    assert me["scopes"] == ["devices:read"]
    assert me["name"].startswith("token:viewer-")


def test_a_token_is_shown_once_and_revoked_at_once(app: LiveApp) -> None:
    made = app.call("POST", "/api/tokens", {"name": "ci", "role": "editor", "scopes": ["devices:write"]})
    assert made.status == 201
    token, token_id = made.json()["token"], made.json()["id"]
    assert app.call("GET", "/api/me", token=token).status == 200
    assert token not in app.call("GET", "/api/tokens").body.decode()
    assert app.call("POST", "/api/tokens", {"name": "ci"}).status == 409
    assert app.call("POST", "/api/tokens", {"name": "x", "scopes": ["nothing:read"]}).status == 422
    assert app.call("POST", "/api/tokens", {"name": "y", "expires_at": "2020-01-01T00:00:00Z"}).status == 422
    assert app.call("DELETE", f"/api/tokens/{token_id}").status == 200
    assert app.call("DELETE", f"/api/tokens/{token_id}").status == 200
    assert app.call("DELETE", f"/api/tokens/{'1' * 16}").status == 404
    assert app.call("GET", "/api/me", token=token).status == 401
    audit = app.call("GET", f"/api/audit?object={token_id}").json()
    assert [row["action"] for row in audit] == ["token.revoke", "token.create"]
    assert audit[0]["actor"] == "token:environment"


def test_what_anonymous_visitors_reach_and_nothing_else(app: LiveApp) -> None:
    link = app.call("GET", "/api/devices/rig-1").json()["link"]["token"]
    open_to_all = ["/server/health", "/login", "/static/app.css", f"/grafana/public-dashboards/{link}/state"]
    for path in open_to_all:
        assert app.call("GET", path, token=None).status in (200, 503), path
    assert app.call("GET", "/", token=None).status == 303
    assert app.call("GET", "/static/..%2fapp.py", token=None).status == 404
    assert app.call("GET", "/metrics", token=None).status == 200, "on this machine and not forwarded"
    forwarded = {"X-Forwarded-For": "203.0.113.9"}
    assert app.call("GET", "/metrics", token=None, headers=forwarded).status == 401
    assert app.call("GET", "/metrics", headers=forwarded).status == 200
    assert app.call("GET", "/metrics", token=app.token_of(Role.VIEWER, Scope.LINKS_READ)).status == 403
