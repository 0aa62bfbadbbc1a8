"""A host platform's token over HTTP: by its role on API and pages, by its subject in the audit."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest

from backend_server.primitives.secret import Secret
from tests.support.app import LiveApp, running_app

SECRET = "a shared secret of the host, long enough"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[LiveApp]:
    given = {"jwt_secret": Secret(SECRET), "jwt_audience": "dashwright"}
    with running_app(tmp_path_factory.mktemp("jwt"), empty_database=sqlite_template, **given) as running:
        yield running


def token(role: str, **more: object) -> str:
    claims = {"sub": "ann@host", "aud": "dashwright", "exp": int(time.time()) + 60, "role": role, **more}
    return jwt.encode(claims, SECRET, "HS256")


def test_the_role_decides_and_the_subject_is_named(app: LiveApp) -> None:
    me = app.call("GET", "/api/me", token=token("viewer")).json()
    assert me == {"name": "jwt:ann@host", "role": "viewer", "scopes": []}
    assert app.call("PUT", "/api/devices/rig-1", {}, token=token("viewer")).status == 403
    assert app.call("PUT", "/api/devices/rig-1", {}, token=token("editor")).status in (200, 201)
    assert app.call("GET", "/api/tokens", token=token("editor")).status == 403
    assert app.call("POST", "/api/tokens", {"name": "of-host"}, token=token("admin")).status == 201
    assert app.call("GET", "/api/audit?actor=jwt:ann@host").headers["X-Total-Count"] != "0"
    page = app.call("GET", "/", token=token("viewer"), headers={"Accept": "text/html"})
    assert page.status == 200
    assert b"jwt:ann@host" in page.body


def test_a_bad_one_is_401_with_its_reason_and_nothing_of_it(app: LiveApp) -> None:
    for bad, why in (
        (token("admin", exp=int(time.time()) - 60), "has expired"),
        (token("admin", aud="other"), "another audience"),
        (token("admin")[:-4] + "AAAA", "trust"),
        ("[.[.[", "trust"),
    ):
        reply = app.call("GET", "/api/me", token=bad)
        assert reply.status == 401
        assert why in reply.json()["error"]["message"]
        assert bad not in reply.body.decode()
        assert reply.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_host_token_has_no_password_here(app: LiveApp) -> None:
    body = {"old_password": "whatever it is", "password": "a newer password"}
    assert app.call("POST", "/api/me/password", body, token=token("admin", sub="admin")).status == 409


def test_without_the_setting_no_such_token_is_taken(live_app: LiveApp) -> None:
    assert live_app.call("GET", "/api/me", token=token("admin")).status == 401
