"""The settings page without scripts: each form works, by the rules of the API, and shows a token once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend_server.accounts import Role, Scope
from tests.support.app import ADMIN_PASSWORD, FORM, LiveApp, Reply, admin_session, csrf_in, running_app, urlencoded

GOOD = "a good password"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[LiveApp]:
    with running_app(tmp_path_factory.mktemp("settings"), empty_database=sqlite_template) as running:
        yield running


@pytest.fixture(scope="module")
def session(app: LiveApp) -> dict[str, str]:
    return admin_session(app)


def page(app: LiveApp, session: dict[str, str]) -> str:
    reply = app.call("GET", "/settings", token=None, headers={"Cookie": session["Cookie"], "Accept": "text/html"})
    assert reply.status == 200
    assert reply.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in reply.headers["Content-Security-Policy"]
    return reply.body.decode()


def send(app: LiveApp, session: dict[str, str], path: str, csrf: str | None = None, **form: str) -> Reply:
    given = {"csrf": session["csrf"] if csrf is None else csrf, **form}
    headers = {"Cookie": session["Cookie"], "Accept": "text/html", **FORM}
    return app.call("POST", path, urlencoded(given), token=None, headers=headers)


def test_strangers_are_led_to_the_sign_in(app: LiveApp) -> None:
    reply = app.call("GET", "/settings", token=None, headers={"Accept": "text/html"})
    assert (reply.status, reply.headers["Location"]) == (303, "./login?next=/settings")


def test_a_token_is_shown_once_used_and_revoked(app: LiveApp, session: dict[str, str]) -> None:
    made = send(app, session, "/settings/tokens", name="ci", role="viewer", days="30", scopes="devices:read")
    assert made.status == 201
    token = re.search(r"dw_[\w-]{43}", made.body.decode())
    assert token is not None
    me = app.call("GET", "/api/me", token=token[0]).json()
    assert (me["role"], me["scopes"]) == ("viewer", ["devices:read"])
    after = page(app, session)
    assert token[0] not in after
    assert "just now" in after
    found = next(one for one in app.call("GET", "/api/tokens").json() if one["name"] == "ci")
    assert found["expires_at"]
    assert found["created_by"] == "admin"
    again = send(app, session, "/settings/tokens", name="ci", role="viewer", days="30")
    assert (again.status, "already" in again.body.decode()) == (409, True)
    assert send(app, session, "/settings/tokens", name="<b>", role="viewer").status == 422
    assert send(app, session, "/settings/tokens", name="x", role="root").status == 422
    assert send(app, session, f"/settings/tokens/{found['id']}/revoke").status == 303
    assert app.call("GET", "/api/me", token=token[0]).status == 401
    assert send(app, session, f"/settings/tokens/{'0' * 16}/revoke").status == 404


def test_people_are_added_changed_and_removed(app: LiveApp, session: dict[str, str]) -> None:
    assert send(app, session, "/settings/people", name="ann", role="viewer", password=GOOD).status == 303
    assert "ann" in page(app, session)
    assert send(app, session, "/settings/people", name="ann", role="viewer", password=GOOD).status == 409
    short = send(app, session, "/settings/people", name="bo", role="viewer", password="short-1")
    assert (short.status, "The password has 7 characters" in short.body.decode()) == (422, True)
    assert "short-1" not in short.body.decode()
    for form in ({"role": "editor"}, {"password": "another good one"}, {"state": "disabled"}):
        assert send(app, session, "/settings/people/ann", **form).status == 303
    ann = next(one for one in app.call("GET", "/api/users").json() if one["name"] == "ann")
    assert (ann["role"], ann["disabled"]) == ("editor", True)
    assert send(app, session, "/settings/people/ann/remove").status == 303
    assert send(app, session, "/settings/people/ann/remove").status == 404
    last = send(app, session, "/settings/people/admin/remove")
    assert (last.status, "last administrator" in last.body.decode()) == (409, True)


def test_nothing_is_done_without_the_protection_token(app: LiveApp, session: dict[str, str]) -> None:
    before = app.deeds()
    forms = {
        "/settings/password": {"old_password": ADMIN_PASSWORD, "password": GOOD},
        "/settings/tokens": {"name": "evil", "role": "admin"},
        "/settings/people": {"name": "evil", "role": "admin", "password": GOOD},
        "/settings/people/admin": {"password": GOOD},
        "/settings/people/admin/remove": {},
    }
    for path, form in forms.items():
        for csrf in ("", "x" * 32):
            assert send(app, session, path, csrf=csrf, **form).status == 403, path
        assert app.call("POST", path, urlencoded(form), token=None, headers=FORM).status == 401, path
    assert app.deeds() == before


def test_who_is_no_administrator_sees_the_own_password_alone(app: LiveApp) -> None:
    before = app.deeds()
    viewer, narrow = app.token_of(Role.VIEWER), app.token_of(Role.ADMIN, Scope.TOKENS_WRITE)
    text = app.call("GET", "/settings", token=viewer, headers={"Accept": "text/html"}).body.decode()
    assert "Your password" in text
    assert "API tokens" not in text
    assert "Add person" not in text
    for path in ("/settings/tokens", "/settings/people", "/settings/people/admin", "/settings/people/admin/remove"):
        assert app.call("POST", path, b"", token=viewer, headers=FORM).status == 403
    text = app.call("GET", "/settings", token=narrow, headers={"Accept": "text/html"}).body.decode()
    assert "Create token" in text
    assert "Add person" not in text
    assert app.call("POST", "/settings/people", b"", token=narrow, headers=FORM).status == 403
    assert app.deeds() == before + 2, "only the two tokens of this test"


def test_the_own_password_is_changed_and_this_session_goes_on(app: LiveApp) -> None:
    app.call("POST", "/api/users", {"name": "gil", "role": "viewer", "password": GOOD})
    login = app.call("GET", "/login", token=None)
    cookie = login.headers["Set-Cookie"].partition(";")[0]
    form = {"name": "gil", "password": GOOD, "csrf": csrf_in(login.body), "next": "/settings"}
    reply = app.call("POST", "/login", urlencoded(form), token=None, headers={"Cookie": cookie, **FORM})
    assert reply.headers["Location"] == "./settings"
    mine = {"Cookie": reply.headers["Set-Cookie"].partition(";")[0], "csrf": ""}
    mine["csrf"] = csrf_in(page(app, mine).encode())
    wrong = send(app, mine, "/settings/password", old_password="no", password="a newer password")
    assert (wrong.status, "is not your present password" in wrong.body.decode()) == (422, True)
    done = send(app, mine, "/settings/password", old_password=GOOD, password="a newer password")
    assert (done.status, done.headers["Location"]) == (303, "../settings?done=password")
    old = app.call("GET", "/settings", token=None, headers={"Cookie": mine["Cookie"]})
    assert old.status == 303, "the cookie from before is over"
    mine["Cookie"] = done.headers["Set-Cookie"].partition(";")[0]
    assert "Your password" in page(app, mine)
