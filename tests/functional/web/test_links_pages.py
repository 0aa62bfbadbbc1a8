"""The links' pages as the server writes them: who sees what, what cannot break out, and that writes need the token."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend_server.accounts import Role, Scope
from backend_server.web.pages.embed_code import embed_codes
from tests.support.app import LiveApp, admin_session, running_app

HOSTILE = "</script><img src=x onerror=alert(1)>{{ 7*7 }}\"'"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[LiveApp]:
    with running_app(tmp_path_factory.mktemp("pages"), empty_database=sqlite_template) as running:
        running.call("PUT", "/api/devices/rig-1?wait=10s", {"hostname": HOSTILE})
        running.call("POST", "/api/links", {"device": "rig-1", "label": HOSTILE, "note": HOSTILE, "slug": "hostile"})
        yield running


@pytest.fixture(scope="module")
def session(app: LiveApp) -> dict[str, str]:
    return admin_session(app)


def page(app: LiveApp, session: dict[str, str], path: str) -> str:
    reply = app.call("GET", path, token=None, headers={"Cookie": session["Cookie"], "Accept": "text/html"})
    assert reply.status == 200, reply.body
    assert "frame-src 'self'" in reply.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in reply.headers["Content-Security-Policy"]
    return reply.body.decode()


def test_strangers_are_led_to_the_sign_in(app: LiveApp) -> None:
    for path, login in (("/links", "./login?next=/links"), (f"/links/{'0' * 32}", "../login?next=/links/")):
        reply = app.call("GET", path, token=None, headers={"Accept": "text/html"})
        assert (reply.status, reply.headers["Location"].startswith(login)) == (303, True)


def test_nothing_a_person_enters_becomes_markup(app: LiveApp, session: dict[str, str]) -> None:
    token = app.call("GET", "/api/links?search=hostile").json()[0]["token"]
    for path in ("/links", f"/links/{token}", "/links?search=" + "%3C/script%3E%3Cimg%20onerror"):
        text = page(app, session, path)
        assert "<img" not in text
    data = page(app, session, f"/links/{token}").partition('id="link-data">')[2].partition("</script>")[0]
    assert (json.loads(data)["label"], json.loads(data)["note"]) == (HOSTILE, HOSTILE)


def test_a_note_stands_on_the_links_own_page_line_by_line(app: LiveApp, session: dict[str, str]) -> None:
    token = app.call("POST", "/api/links", {"device": "rig-1", "note": "North hall\n<b>left</b>"}).json()["token"]
    assert "<dd>North hall<br>&lt;b&gt;left&lt;/b&gt;<small>No visitor sees it.</small></dd>" in page(
        app, session, f"/links/{token}"
    )
    assert token in page(app, session, "/links?search=north%20hall")
    app.call("PATCH", f"/api/links/{token}", {"note": ""})
    assert "<dt>Note</dt>" not in page(app, session, f"/links/{token}")


@pytest.mark.parametrize("title", [HOSTILE, 'a"b', "a`${b}", "\u2028", "Rig & 1", "{x}"])
def test_the_code_to_paste_holds_any_title(title: str) -> None:
    url = "https://x/grafana/public-dashboards/0?orgId=1&theme=dark"
    codes = {one.language: one.code for one in embed_codes(url, title)}
    for language in ("HTML", "Vue"):
        assert codes[language].count("<") - codes[language].count("</") <= 3
        assert html.unescape(codes[language].partition('title="')[2].partition('"')[0]) == title
    given = codes["React"].partition("title={")[2].partition("}\n")[0]
    assert json.loads(given) == title


def test_who_may_only_look_is_offered_nothing_else(app: LiveApp, session: dict[str, str]) -> None:
    viewer = app.token_of(Role.VIEWER, Scope.LINKS_READ)
    text = app.call("GET", "/links", token=viewer, headers={"Accept": "text/html"}).body.decode()
    assert "needs the role editor" in text
    assert "data-create" not in text
    assert "link-dialog" not in text
    assert "data-create" in page(app, session, "/links")
    blind = app.token_of(Role.ADMIN, Scope.DEVICES_READ)
    for path in ("/links", f"/links/{'0' * 32}"):
        assert app.call("GET", path, token=blind).status == 403


def test_filters_and_counts(app: LiveApp, session: dict[str, str]) -> None:
    assert "No link matches" in page(app, session, "/links?search=nothing-like-this")
    assert "hostile" in page(app, session, "/links?state=live")
    assert "No link matches" in page(app, session, "/links?state=paused&unused_days=7")
    assert page(app, session, "/links?state=broken&page=x&unused_days=-1")


def test_a_write_from_a_session_needs_its_protection_token(app: LiveApp, session: dict[str, str]) -> None:
    def write(**headers: str) -> Any:
        return app.call("POST", "/api/links/off", token=None, headers={"Cookie": session["Cookie"], **headers})

    assert write().status == 403
    assert write(**{"X-CSRF-Token": "x" * 32}).status == 403
    assert app.call("GET", "/api/links/switch").json() == {"links_on": True}
    assert write(**{"X-CSRF-Token": session["csrf"]}).status == 200
    assert "All links are off" in page(app, session, "/links")
    app.call("POST", "/api/links/on")


def test_unknown_and_rotated_tokens(app: LiveApp, session: dict[str, str]) -> None:
    old = app.call("POST", "/api/links", {"device": "rig-1"}).json()["token"]
    new = app.call("POST", f"/api/links/{old}/rotate").json()["token"]
    headers = {"Cookie": session["Cookie"], "Accept": "text/html"}
    led = app.call("GET", f"/links/{old}", token=None, headers=headers)
    assert (led.status, led.headers["Location"]) == (303, f"../links/{new}")
    for path in (f"/links/{'0' * 32}", "/links/nonsense"):
        assert app.call("GET", path, token=None, headers=headers).status == 404
