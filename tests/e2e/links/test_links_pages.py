"""The links' pages in a real browser: a link's whole life by mouse, reading without scripts, every width and theme.

Pictures of each state are left in `test-results/links/`, to be opened and looked at.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from backend_server.storage.tables.link_views import SqlViews
from backend_server.viewing.model import Hits
from tests.support.app import ADMIN_PASSWORD, LiveApp, running_app

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PICTURES = Path(__file__).parents[3] / "test-results" / "links"
DAY = 86_400_000
LONG = "Customer portal, the one with quite a long label that has to wrap somewhere"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[LiveApp]:
    with running_app(tmp_path_factory.mktemp("links-pages"), empty_database=sqlite_template) as running:
        for number in range(3):
            running.call("PUT", f"/api/devices/rig-{number}?wait=10s", {"hostname": f"Rig {number}"})
        yield running


@pytest.fixture(scope="module")
def links(app: LiveApp) -> dict[str, Any]:
    """Links in each state, one of them with a month of use."""
    made = {
        label: app.call("POST", "/api/links", {"device": f"rig-{number % 3}", "label": label, **more}).json()
        for number, (label, more) in enumerate(
            {
                "Lobby screen": {"profile": "wall", "expires_at": "2099-01-01T00:00:00Z"},
                LONG: {"frame_ancestors": ["https://app.example.com"], "password": "correct horse"},
                "Trade fair": {"not_before": "2099-01-01T00:00:00Z"},
                "Old wall": {},
                "Night shift": {},
            }.items()
        )
    }
    app.call("POST", f"/api/links/{made['Night shift']['token']}/pause")
    app.call("DELETE", f"/api/links/{made['Old wall']['token']}")
    found = app.services.links.directory.find(made["Lobby screen"]["token"])
    assert found is not None
    now, views = time.time_ns() // 1_000_000, SqlViews(app.services.store)
    for back in range(25, -1, -1):
        refused = {"paused": 2} if back % 7 == 0 else {}
        hits = Hits(views=(back * 7) % 40, last_seen_ms=now - back * DAY, refused=refused)
        views.add_views({found.link.id: hits})
    return made


@pytest.fixture(autouse=True)
def counts_written(app: LiveApp) -> Iterator[None]:
    """Write counted views at the end of each test, and with that end the timer that would write them."""
    yield
    app.services.views.flush()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield chromium
        chromium.close()


@contextmanager
def signed_in(browser: Browser, app: LiveApp, **how: Any) -> Iterator[Page]:
    """Open a page as the administrator; it must raise no error and load nothing from elsewhere."""
    context = browser.new_context(**how)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
    page.on("request", lambda sent: faults.append(sent.url) if not sent.url.startswith((app.base, "data:")) else None)
    page.goto(f"{app.base}/login?next=/links")
    page.fill("[name=name]", "admin")
    page.fill("[name=password]", ADMIN_PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(f"{app.base}/links")
    yield page
    context.close()
    assert faults == []


def test_a_links_whole_life_by_mouse(app: LiveApp, links: dict[str, Any], browser: Browser) -> None:
    with signed_in(browser, app) as page:
        page.click("[data-create]")
        page.fill("[name=device]", "nobody")
        page.click("#link-dialog [type=submit]")
        expect(page.locator("#form-problem")).to_contain_text("There is no device 'nobody'")
        page.fill("[name=device]", "rig-1")
        page.fill("[name=frame_ancestors]", "app.example.com")
        page.click("#link-dialog [type=submit]")
        expect(page.locator("#link-dialog .wrong")).to_contain_text("must be an origin")
        page.fill("[name=frame_ancestors]", "https://app.example.com")
        page.fill("[name=label]", "Canteen <b>&</b>")
        page.select_option("[name=named]", "report")
        page.fill("[name=expires_at]", "2098-05-06T07:08")
        page.click("#link-dialog [type=submit]")

        expect(page.locator("h1")).to_have_text("Canteen <b>&</b>")
        expect(page.locator("#content")).to_contain_text("Light, now-24h to now, no refresh, with a time picker")
        made = app.call("GET", "/api/links?search=Canteen").json()[0]
        assert made["frame_ancestors"] == ["https://app.example.com"]
        assert made["expires_at"].startswith("2098-05-0")
        code = page.locator(".code pre").all_text_contents()
        assert [made["embed_url"].replace("&", "&amp;") in one or made["embed_url"] in one for one in code] == [
            True
        ] * 3
        frame = page.frame_locator(".preview")
        expect(frame.locator("body")).to_contain_text("Rig 1", timeout=15_000)

        page.click("[data-edit]")
        expect(page.locator("[name=named]")).to_have_value("report")
        page.fill("[name=label]", "Canteen")
        page.click("#link-dialog [type=submit]")
        expect(page.locator("h1")).to_have_text("Canteen")
        assert app.call("GET", f"/api/links/{made['token']}").json()["expires_at"] == made["expires_at"]

        page.click("[data-action=pause]")
        expect(page.locator("#ask-text")).to_contain_text("Resume brings it back")
        page.keyboard.press("Enter")
        expect(page.locator(".head .state")).to_have_text("Paused")
        expect(frame.locator("body")).to_contain_text("paused", timeout=15_000)
        page.click("[data-action=resume]")
        page.click("#ask-yes")
        expect(page.locator(".head .state")).to_have_text("Live")

        page.click("[data-action=rotate]")
        page.select_option("[name=grace]", "3600")
        page.click("#ask-yes")
        page.wait_for_url(lambda url: made["token"] not in url)
        expect(page.locator(".changes")).to_contain_text("Rotated by admin")
        page.goto(f"{app.base}/links/{made['token']}")
        assert made["token"] not in page.url, "the old token leads to the link under its new one"

        page.click("[data-action=revoke]")
        expect(page.locator("#ask-text")).to_contain_text("cannot be undone")
        page.keyboard.press("Enter")
        expect(page.locator("#ask-dialog")).not_to_be_visible()
        expect(page.locator(".head .state")).to_have_text("Live")  # Enter alone revokes nothing
        page.click("[data-action=revoke]")
        page.click("#ask-yes")
        expect(page.locator(".head .state")).to_have_text("Revoked")
        expect(page.locator("[data-action]")).to_have_count(0)
    audited = [row["actor"] for row in app.call("GET", "/api/audit?kind=link&per_page=6").json()]
    assert audited == ["admin"] * 6


def test_the_switch_asks_once_and_tells_that_it_is_off(app: LiveApp, links: dict[str, Any], browser: Browser) -> None:
    with signed_in(browser, app) as page:
        page.click("[data-switch=off]")
        page.click("#ask-yes")
        expect(page.locator(".notice.warning")).to_contain_text("All links are off")
        assert app.call("GET", "/api/links/switch").json() == {"links_on": False}
        page.click("[data-switch=on]")
        page.click("#ask-yes")
        expect(page.locator("[data-switch=off]")).to_be_visible()
        assert app.call("GET", "/api/links/switch").json() == {"links_on": True}


def test_looking_at_the_preview_is_no_view(app: LiveApp, browser: Browser) -> None:
    token = app.call("POST", "/api/links", {"device": "rig-2", "label": "Looked at"}).json()["token"]
    with signed_in(browser, app) as page:
        page.goto(f"{app.base}/links/{token}")
        expect(page.frame_locator(".preview").locator("body")).to_contain_text("Status", timeout=15_000)
    app.services.views.flush()
    assert app.call("GET", f"/api/links/{token}").json()["views"] == 0
    app.call("GET", f"/grafana/public-dashboards/{token}?preview=1", token=None)
    app.services.views.flush()
    assert app.call("GET", f"/api/links/{token}").json()["views"] == 1, "a stranger cannot hide by the parameter"


def test_without_scripts_everything_can_be_read(app: LiveApp, links: dict[str, Any], browser: Browser) -> None:
    with signed_in(browser, app, java_script_enabled=False) as page:
        expect(page.locator("tbody tr")).not_to_have_count(0)
        expect(page.locator("[data-create]")).not_to_be_visible()
        page.select_option("#state", "paused")
        page.click("form[role=search] button")
        expect(page.locator("tbody tr")).to_have_count(1)
        page.click("tbody a >> nth=0")
        expect(page.locator("h1")).to_have_text("Night shift")
        expect(page.locator(".code pre")).to_have_count(3)
        expect(page.locator("[data-action]").first).not_to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 768, 360])
def test_every_state_fits_every_width(
    app: LiveApp, links: dict[str, Any], browser: Browser, theme: str, width: int
) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)

    def keep(page: Page, name: str, *, full: bool = True) -> None:
        (PICTURES / f"{name}-{theme}-{width}.png").write_bytes(page.screenshot(full_page=full))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than the window"

    with signed_in(browser, app, viewport={"width": width, "height": 900}, color_scheme=theme) as page:
        keep(page, "list")
        page.goto(f"{app.base}/links?search=nothing-like-this")
        keep(page, "no-match")
        page.goto(f"{app.base}/links")
        page.click("[data-create]")
        keep(page, "create", full=False)
        page.click("#link-dialog [type=submit]")
        expect(page.locator("#link-dialog .wrong")).to_be_visible()
        keep(page, "create-refused", full=False)
        page.keyboard.press("Escape")
        page.click("[data-switch=off]")
        keep(page, "question", full=False)
        page.keyboard.press("Escape")
        for label in ("Lobby screen", LONG, "Old wall"):
            page.goto(f"{app.base}/links/{links[label]['token']}")
            page.wait_for_timeout(800)
            keep(page, f"link-{label.split()[0].lower()}")
