"""Signing in and the start page, as a browser meets them."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from backend_server.accounts.model import Role, User
from backend_server.primitives.passwords import hash_password
from backend_server.settings import load_settings
from backend_server.storage.tables.accounts import SqlAccounts
from backend_server.web.pages.sign_in import recovery_command
from tests.support.app import ADMIN_PASSWORD, FORM, LiveApp, admin_session, csrf_in, urlencoded


def sign_in(app: LiveApp, **form: str) -> tuple[int, dict[str, str], bytes]:
    page = app.call("GET", "/login", token=None)
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    sent = {"name": "admin", "password": ADMIN_PASSWORD, "csrf": csrf_in(page.body), **form}
    reply = app.call("POST", "/login", urlencoded(sent), token=None, headers={"Cookie": cookie, **FORM})
    return reply.status, reply.headers, reply.body


def test_signing_in_gives_a_session_that_scripts_and_other_sites_cannot_use(live_app: LiveApp) -> None:
    status, headers, _ = sign_in(live_app)
    assert (status, headers["Location"]) == (303, "./")
    cookie = headers["Set-Cookie"]
    assert re.search(r"HttpOnly", cookie)
    assert re.search(r"SameSite=Lax", cookie)
    assert "Secure" not in cookie
    secure = live_app.call("GET", "/login", token=None, headers={"X-Forwarded-Proto": "https"}).headers["Set-Cookie"]
    assert "Secure" in secure
    assert secure.startswith("__Host-dashwright=")
    assert "Path=/;" in f"{secure};"


def test_by_https_a_session_is_that_of_the_host_cookie_alone(live_app: LiveApp) -> None:
    https = {"X-Forwarded-Proto": "https"}
    page = live_app.call("GET", "/login", token=None, headers=https)
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    form = {"name": "admin", "password": ADMIN_PASSWORD, "csrf": csrf_in(page.body), "next": "/"}
    reply = live_app.call("POST", "/login", urlencoded(form), token=None, headers={"Cookie": cookie, **https, **FORM})
    session = reply.headers["Set-Cookie"].partition(";")[0]
    for given, status in ((session, 200), (session.removeprefix("__Host-"), 401)):
        assert live_app.call("GET", "/api/me", token=None, headers={"Cookie": given, **https}).status == status


def test_a_browser_that_asks_for_an_icon_by_itself_gets_one(live_app: LiveApp) -> None:
    for path in ("/favicon.ico", "/grafana/dashwright/icon.svg"):
        reply = live_app.call("GET", path, token=None)
        assert (reply.status, reply.headers["Content-Type"]) == (200, "image/svg+xml")
        assert reply.body.startswith(b"<svg")


def test_wrong_names_and_wrong_passwords_answer_alike_and_are_limited(live_app: LiveApp) -> None:
    answers = [sign_in(live_app, password="wrong"), sign_in(live_app, name="nobody")]
    assert [status for status, _, _ in answers] == [401, 401]
    assert all(b"The name or the password is wrong." in body for _, _, body in answers)
    for _ in range(4):
        sign_in(live_app, password="wrong")
    status, headers, body = sign_in(live_app)
    assert status == 429
    assert int(headers["Retry-After"]) > 0
    assert b"Too many failed sign-ins" in body


@pytest.mark.parametrize("csrf", ["", "wrong"])
def test_a_sign_in_from_another_site_is_refused(live_app: LiveApp, csrf: str) -> None:
    status, _, body = sign_in(live_app, csrf=csrf)
    assert status == 403
    assert b"open for too long" in body


@pytest.mark.parametrize("target", ["//evil.example/", "https://evil.example/", "/\\evil.example"])
def test_after_signing_in_one_stays_here(live_app: LiveApp, target: str) -> None:
    assert sign_in(live_app, next=target)[1]["Location"] == "./"


def test_a_session_may_read_and_needs_its_token_to_write(live_app: LiveApp) -> None:
    session = admin_session(live_app)
    cookie = {"Cookie": session["Cookie"]}
    assert live_app.call("GET", "/api/me", token=None, headers=cookie).json()["name"] == "admin"
    refused = live_app.call("PUT", "/api/devices/a", {}, token=None, headers=cookie)
    assert (refused.status, refused.json()["error"]["code"]) == (403, "csrf")
    wrong = {**cookie, "X-CSRF-Token": "wrong"}
    assert live_app.call("PUT", "/api/devices/a", {}, token=None, headers=wrong).status == 403
    right = {**cookie, "X-CSRF-Token": session["csrf"]}
    assert live_app.call("PUT", "/api/devices/a", {}, token=None, headers=right).status == 201


def test_signing_out_and_a_new_password_end_sessions(live_app: LiveApp) -> None:
    session = admin_session(live_app)
    cookie = {"Cookie": session["Cookie"]}
    out = live_app.call("POST", "/logout", urlencoded({"csrf": "wrong"}), token=None, headers={**cookie, **FORM})
    assert out.status == 403
    out = live_app.call(
        "POST", "/logout", urlencoded({"csrf": session["csrf"]}), token=None, headers={**cookie, **FORM}
    )
    assert (out.status, out.headers["Location"]) == (303, "./login")
    again = admin_session(live_app)
    new = User("admin", Role.ADMIN, hash_password("another password"), 2)
    SqlAccounts(live_app.services.store).put_user(new, by="test")
    assert live_app.call("GET", "/api/me", token=None, headers={"Cookie": again["Cookie"]}).status == 401


def test_a_forged_session_is_nobodys(live_app: LiveApp) -> None:
    for cookie in ("dashwright=eyJ1c2VyIjoiYWRtaW4iLCJ2ZXJzaW9uIjoxfQ.aaaa.bbbb", "dashwright=", "dashwright=%00"):
        assert live_app.call("GET", "/api/me", token=None, headers={"Cookie": cookie}).status == 401


def test_the_start_page_shows_the_fleet_with_links_to_embed(live_app: LiveApp) -> None:
    cookie = {"Cookie": admin_session(live_app)["Cookie"], "Accept": "text/html"}
    empty = live_app.call("GET", "/", token=None, headers=cookie).body.decode()
    assert "No device is registered yet" in empty
    assert f"curl -X PUT {live_app.base}/api/devices/rig-1" in empty

    name = '<b>"Rig" & one</b>'
    link = live_app.call("PUT", "/api/devices/rig-1?wait=10s", {"hostname": name}).json()["link"]
    live_app.call("PUT", "/api/devices/quiet", {"hostname": "Quiet", "share": False})
    page = live_app.call("GET", "/", token=None, headers=cookie).body.decode()
    assert "&lt;b&gt;&#34;Rig&#34; &amp; one&lt;/b&gt;" in page
    assert name not in page
    assert link["embed_url"].replace("&", "&amp;") in page
    assert "Not shared" in page
    iframe = re.search(r'data-copy="(&lt;iframe[^"]+)"', page)
    assert iframe is not None
    assert link["token"] in iframe[1]

    found = live_app.call("GET", "/?search=quiet", token=None, headers=cookie).body.decode()
    assert "Quiet" in found
    assert link["token"] not in found
    assert "No device matches." in live_app.call("GET", "/?search=zzz", token=None, headers=cookie).body.decode()


def test_the_start_page_is_paged(live_app: LiveApp) -> None:
    live_app.call("POST", "/api/devices/batch", [{"id": f"rig-{number:03}"} for number in range(120)])
    cookie = {"Cookie": admin_session(live_app)["Cookie"]}
    second = live_app.call("GET", "/?page=2&search=rig", token=None, headers=cookie).body.decode()
    assert "rig-050" in second
    assert "rig-049" not in second
    assert 'href="?search=rig&amp;page=3"' in second
    for odd in ("0", "-1", "x", "99999999999", "%D9%A3"):
        assert live_app.call("GET", f"/?page={odd}", token=None, headers=cookie).status == 200


def test_assets_are_kept_for_ever_under_the_name_of_their_content(live_app: LiveApp) -> None:
    page = live_app.call("GET", "/login", token=None).body.decode()
    for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
        kept = live_app.call("GET", address, token=None)
        assert "immutable" in kept.headers["Cache-Control"]
        assert live_app.call("GET", address.partition("?")[0], token=None).headers["Cache-Control"] == "no-cache"
        tag = {"If-None-Match": kept.headers["ETag"]}
        assert live_app.call("GET", address, token=None, headers=tag).status == 304


def test_the_sign_in_page_names_the_way_out_of_a_lost_password(live_app: LiveApp) -> None:
    page = live_app.call("GET", "/login", token=None).body.decode()
    assert "<code>dashwright user passwd NAME</code>" in page


def test_where_this_machine_alone_reads_it_the_command_is_whole(tmp_path: Path) -> None:
    told = recovery_command(load_settings({"DATA_DIR": str(tmp_path / "my state"), "ADMIN_USER": "ann"}))
    program = Path(sys.prefix) / "bin" / "dashwright"
    assert told == f"DATA_DIR='{tmp_path}/my state' {program} user passwd ann"
