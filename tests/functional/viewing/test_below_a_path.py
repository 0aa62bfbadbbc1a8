"""A frontend that proxies us below a path of its own: real nginx in front of ours, real Chromium."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, expect

from backend_server.primitives.passwords import hash_password
from tests.functional.viewing.conftest import MORE_PANELS, Browsing
from tests.support.app import ADMIN_PASSWORD, LiveApp, running_app
from tests.support.edge import front_proxy
from tests.support.processes import free_ports
from tests.support.visitors import TOKEN

PATIENCE_MS = 60_000


@pytest.fixture
def app(tmp_path: Path, sqlite_template: Path) -> Iterator[LiveApp]:
    (front,) = free_ports(1)
    public_url = f"http://127.0.0.1:{front}/dash"
    with running_app(tmp_path / "app", empty_database=sqlite_template, public_url=public_url) as running:
        running.call("PUT", "/api/devices/rig-1?wait=10s", {"hostname": "Rig 1"})
        port = urlsplit(running.base).port
        assert port
        with front_proxy(tmp_path / "front", front, port) as base:
            assert base == public_url
            yield running


def front_port(base: str) -> int:
    port = urlsplit(base).port
    assert port
    return port


def test_people_sign_in_navigate_and_change_things(app: LiveApp, context: BrowserContext) -> None:
    base = app.settings.base_url
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    lost: list[str] = []
    page.on("response", lambda answer: lost.append(answer.url) if answer.status in (404, 418) else None)
    page.goto(f"{base}/links")
    assert page.url == f"{base}/login?next=/links"
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill(ADMIN_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{base}/links")
    assert {(one["name"], one["path"]) for one in context.cookies()} == {("dashwright", "/dash")}
    for name, path in (("Devices", "/"), ("Settings", "/settings"), ("Links", "/links")):
        page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()
        page.wait_for_url(f"{base}{path}")
    page.locator("td.name a").first.click()
    page.wait_for_url(f"{base}/links/*")
    expect(page.frame_locator("iframe.preview").locator("body")).to_contain_text("Latest readings", timeout=PATIENCE_MS)
    page.locator("button[data-action=pause]").click()
    page.get_by_role("button", name="Pause link").click()
    expect(page.locator("body")).to_contain_text("Paused", timeout=PATIENCE_MS)
    page.get_by_role("link", name="Links", exact=True).first.click()
    page.get_by_label("Search").fill("nothing like it")
    page.get_by_label("Search").press("Enter")
    page.get_by_role("link", name="Show all links").click()
    page.goto(f"{base}/nowhere/at/all")
    page.get_by_role("link", name="To the start page").click()
    page.wait_for_url(f"{base}/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{base}/login")
    assert [url for url in lost if "/nowhere/" not in url] == []


def test_what_the_api_answers_lies_below_the_path(app: LiveApp) -> None:
    link = app.call("GET", "/api/devices/rig-1").json()["link"]
    base = str(app.settings.base_url)
    assert all(link[name].startswith(f"{base}/grafana/") for name in ("url", "embed_url"))
    pages = app.call("GET", "/api/links?per_page=1").headers
    assert "Link" not in pages or pages["Link"].startswith(f"<{base}/api/links")


def test_who_signs_in_past_the_frontend_is_told_where_to(app: LiveApp, context: BrowserContext) -> None:
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{app.base}/login")
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill(ADMIN_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text(f"Sign in at {app.settings.base_url}/login", timeout=PATIENCE_MS)


def test_a_link_draws_its_charts_and_asks_for_nothing_outside(browsing: Browsing, tmp_path: Path) -> None:
    (front,) = free_ports(1)
    page = browsing.page
    page.set_default_timeout(PATIENCE_MS)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with front_proxy(tmp_path / "front", front, front_port(browsing.base)) as base:
        page.goto(f"{base}/grafana/public-dashboards/{TOKEN}/?orgId=1")
        assert page.url == f"{base}/grafana/public-dashboards/{TOKEN}?orgId=1", "a slash at the end leads to the page"
        if browsing.grafana is None:
            expect(page.locator("canvas").first).to_be_visible(timeout=PATIENCE_MS)
        else:
            for panel in ("Power", *(str(one["title"]) for one in MORE_PANELS)):
                expect(page.locator("body")).to_contain_text(f"{panel} answered 200", timeout=PATIENCE_MS)
        with page.expect_response(lambda answer: answer.url.endswith("/state")) as state:
            browsing.change(paused_at=1)
        assert state.value.status == 200
        expect(page.locator("body")).to_contain_text("This dashboard is paused", timeout=PATIENCE_MS)
        assert json.loads(state.value.text())["state"] in ("live", "paused")
        page.goto("about:blank")  # which ends its questions before the frontend does
    assert [url for url in asked if not url.startswith((f"{base}/grafana/", "data:"))] == []


def test_a_protected_link_opens(viewed: Browsing, tmp_path: Path) -> None:
    viewed.change(password_hash=hash_password("a password"))
    (front,) = free_ports(1)
    page = viewed.page
    page.set_default_timeout(PATIENCE_MS)
    with front_proxy(tmp_path / "front", front, front_port(viewed.base)) as base:
        viewed.proxied_at(base)
        page.goto(f"{base}/grafana/public-dashboards/{TOKEN}?orgId=1")
        page.get_by_label("Password").fill("a password")
        page.get_by_role("button", name="Open").click()
        expect(page.locator("canvas").first).to_be_visible(timeout=PATIENCE_MS)
        assert [one["path"] for one in page.context.cookies()] == ["/dash/grafana/"]
