"""People over HTTP: who may sign in, what ends their sessions, and that an administrator always remains."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend_server.accounts import Role, Scope
from tests.support.app import (
    ADMIN_PASSWORD,
    API_TOKEN,
    FORM,
    LiveApp,
    admin_session,
    csrf_in,
    running_app,
    urlencoded,
)

GOOD = "a good password"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[LiveApp]:
    with running_app(tmp_path_factory.mktemp("users"), empty_database=sqlite_template) as running:
        yield running


def sign_in(app: LiveApp, name: str, password: str) -> dict[str, str] | None:
    page = app.call("GET", "/login", token=None)
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    form = {"name": name, "password": password, "csrf": csrf_in(page.body)}
    reply = app.call("POST", "/login", urlencoded(form), token=None, headers={"Cookie": cookie, **FORM})
    if reply.status != 303:
        return None
    cookie = reply.headers["Set-Cookie"].partition(";")[0]
    home = app.call("GET", "/", token=None, headers={"Cookie": cookie})
    return {"Cookie": cookie, "X-CSRF-Token": csrf_in(home.body)}


def make(app: LiveApp, name: str, role: str = "viewer") -> None:
    made = app.call("POST", "/api/users", {"name": name, "role": role, "password": GOOD})
    assert made.status == 201, made.body
    assert made.json() | {"created_at": None} == {
        "name": name,
        "role": role,
        "disabled": False,
        "created_at": None,
        "last_seen_at": None,
    }


def http_status(app: LiveApp, session: dict[str, str]) -> int:
    return app.call("GET", "/api/me", token=None, headers=session).status


def test_a_person_is_added_listed_and_signs_in(app: LiveApp) -> None:
    make(app, "ann")
    listed = app.call("GET", "/api/users")
    assert [one["name"] for one in listed.json()] == ["admin", "ann"]
    assert b"argon2" not in listed.body
    session = sign_in(app, "ann", GOOD)
    assert session is not None
    me = app.call("GET", "/api/me", token=None, headers=session).json()
    assert (me["name"], me["role"]) == ("ann", "viewer")
    assert app.call("GET", "/api/users", token=None, headers=session).status == 403
    assert app.call("POST", "/api/users", {"name": "ann", "password": GOOD}).status == 409
    for wrong in ({"name": "x y", "password": GOOD}, {"name": "bo", "password": "short"}, {"name": "bo"}):
        assert app.call("POST", "/api/users", wrong).status == 422
    audit = app.call("GET", "/api/audit?object=ann")
    assert [row["action"] for row in audit.json()] == ["user.create"]
    assert b"argon2" not in audit.body


@pytest.mark.parametrize("change", [{"role": "editor"}, {"password": "another good one"}, {"disabled": True}])
def test_whatever_is_changed_ends_the_sessions(app: LiveApp, change: dict[str, object]) -> None:
    name = f"cid-{next(iter(change))}"
    make(app, name)
    session = sign_in(app, name, GOOD)
    assert session is not None
    assert app.call("PATCH", f"/api/users/{name}", {}).status == 200
    assert http_status(app, session) == 200, "nothing was changed"
    assert app.call("PATCH", f"/api/users/{name}", change).status == 200
    assert http_status(app, session) == 401
    assert (sign_in(app, name, GOOD) is None) == ("role" not in change)
    assert app.call("GET", f"/api/audit?object={name}").json()[0]["action"] == "user.edit"


def test_a_removed_persons_session_does_not_open_a_namesakes_account(app: LiveApp) -> None:
    make(app, "dan")
    session = sign_in(app, "dan", GOOD)
    assert session is not None
    assert app.call("DELETE", "/api/users/dan").status == 200
    assert app.call("DELETE", "/api/users/dan").status == 404
    assert http_status(app, session) == 401
    make(app, "dan", "admin")
    assert http_status(app, session) == 401
    assert app.call("DELETE", "/api/users/dan").status == 200


def test_the_last_administrator_stays_one(app: LiveApp) -> None:
    before = app.deeds()
    for method, body in (("PATCH", {"role": "editor"}), ("PATCH", {"disabled": True}), ("DELETE", None)):
        reply = app.call(method, "/api/users/admin", body)
        assert reply.status == 409
        assert "last administrator" in reply.json()["error"]["message"]
    assert app.deeds() == before
    make(app, "eve", "admin")
    make(app, "fay", "admin")
    app.call("PATCH", "/api/users/fay", {"disabled": True})
    statuses: list[int] = []
    # Both at once: whichever comes second would leave nobody.
    each = [
        threading.Thread(target=lambda who=who: statuses.append(app.call("DELETE", f"/api/users/{who}").status))
        for who in ("admin", "eve")
    ]
    for one in each:
        one.start()
    for one in each:
        one.join()
    assert sorted(statuses) == [200, 409]
    left = {one["name"]: one["role"] for one in app.call("GET", "/api/users").json() if not one["disabled"]}
    assert "admin" in left.values()
    if "admin" not in left:
        app.call("POST", "/api/users", {"name": "admin", "role": "admin", "password": ADMIN_PASSWORD})
    app.call("DELETE", "/api/users/eve")


def test_ones_own_password_needs_the_old_one(app: LiveApp) -> None:
    make(app, "gil")
    here, elsewhere = sign_in(app, "gil", GOOD), sign_in(app, "gil", GOOD)
    assert here is not None
    assert elsewhere is not None

    def change(old: str, new: str, headers: dict[str, str] = here) -> int:
        body = {"old_password": old, "password": new}
        reply = app.call("POST", "/api/me/password", body, token=None, headers=headers)
        if reply.status == 200:
            here["Cookie"] = reply.headers["Set-Cookie"].partition(";")[0]
        return reply.status

    assert change("not the old one", "a newer password") == 422
    assert change(GOOD, "short") == 422
    assert change(GOOD, "a newer password", {"Cookie": here["Cookie"]}) == 403, "without the protection token"
    assert change(GOOD, "a newer password") == 200
    assert http_status(app, here) == 200
    assert http_status(app, elsewhere) == 401
    assert sign_in(app, "gil", GOOD) is None
    assert sign_in(app, "gil", "a newer password") is not None
    assert [change("guess", "a newer password") for _ in range(6)][-1] == 429


def test_a_token_has_no_password(app: LiveApp) -> None:
    body = {"old_password": API_TOKEN, "password": "a newer password"}
    assert app.call("POST", "/api/me/password", body).status == 409


def test_people_need_their_own_scope(app: LiveApp) -> None:
    token = app.token_of(Role.ADMIN, Scope.TOKENS_WRITE)
    assert app.call("GET", "/api/users", token=token).status == 403
    token = app.token_of(Role.ADMIN, Scope.USERS_WRITE)
    assert app.call("GET", "/api/users", token=token).status == 200


def test_an_administrators_session_manages_people(app: LiveApp) -> None:
    session = admin_session(app)
    headers = {"Cookie": session["Cookie"]}
    body = {"name": "hal", "password": GOOD}
    assert app.call("POST", "/api/users", body, token=None, headers=headers).status == 403
    headers["X-CSRF-Token"] = session["csrf"]
    assert app.call("POST", "/api/users", body, token=None, headers=headers).status == 201
