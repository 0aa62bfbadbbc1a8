"""A link in a frame of another site, in Chromium: shown, paused, resumed, refused; with the viewer and relayed."""

from __future__ import annotations

import json
import time
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Frame, expect

from backend_server.errors import UpstreamError
from backend_server.links import LinkProfile, Theme
from backend_server.primitives.passwords import hash_password
from tests.functional.viewing.browsing import events, link_frame, wait_for_event
from tests.functional.viewing.conftest import INTERNAL, MORE_PANELS, Browsing
from tests.support.visitors import EMPTY_MATRIX, TOKEN

OTHER = "0123456789abcdef0123456789abcd02"


def embed(browsing: Browsing, host: str, theme: str = "", token: str = TOKEN) -> Frame:
    url = browsing.url.replace(TOKEN, token)
    browsing.page.goto(f"{host}/embed?{urlencode({'links': browsing.base, 'url': url, 'theme': theme})}")
    return link_frame(browsing.page, browsing.base)


def test_a_frame_on_another_site_shows_the_dashboard_and_tells_the_page(browsing: Browsing, host: str) -> None:
    frame = embed(browsing, host)
    loaded = wait_for_event(browsing.page, "loaded")
    assert loaded["title"].startswith("Rig")
    height = wait_for_event(browsing.page, "height")["height"]
    assert height > 100
    browsing.page.wait_for_function("document.querySelector('iframe').offsetHeight > 200")
    expect(frame.locator("body")).to_contain_text("Power")
    if browsing.grafana is not None:
        assert browsing.grafana.leaked >= 5  # else this proves little
        expect(frame.locator("body")).to_contain_text("Power answered 200")


def test_pausing_turns_an_open_page_into_the_notice_and_back(browsing: Browsing, host: str) -> None:
    frame = embed(browsing, host)
    wait_for_event(browsing.page, "loaded")
    browsing.change(paused_at=1)
    wait_for_event(browsing.page, "paused", 7_000)  # the refresh is 5 s
    expect(frame.locator("body")).to_contain_text("This dashboard is paused")
    expect(frame.get_by_text("Power").first).not_to_be_visible()
    browsing.change(paused_at=None)
    live = wait_for_event(browsing.page, "live", 8_000)
    assert (live["state"], live["until"]) == ("live", None)
    frame = link_frame(browsing.page, browsing.base)
    expect(frame.get_by_text("Power").first).to_be_visible(timeout=10_000)
    expect(frame.get_by_text("This dashboard is paused")).to_have_count(0)


@pytest.mark.parametrize(
    ("changes", "event", "words"),
    [
        ({"expires_at": 1}, "expired", "This link has expired"),
        ({"revoked_at": 1}, "revoked", None),
        ({"password_hash": hash_password("a password")}, "locked", "This dashboard is protected"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_whatever_ends_a_link_is_shown_in_pages_that_are_open(
    browsing: Browsing, host: str, changes: dict[str, object], event: str, words: str | None
) -> None:
    frame = embed(browsing, host)
    wait_for_event(browsing.page, "loaded")
    browsing.change(**changes)
    wait_for_event(browsing.page, event, 7_000)
    if words:
        expect(frame.locator("body")).to_contain_text(words)
    expect(frame.get_by_text("Power").first).not_to_be_visible()


def test_a_dashboard_that_cannot_be_made_says_so_without_loading_again_and_again(browsing: Browsing, host: str) -> None:
    asked: list[str] = []
    browsing.page.on("request", lambda request: asked.append(request.url.partition("?")[0]))
    browsing.change(state="failed")
    frame = embed(browsing, host)
    wait_for_event(browsing.page, "failed")
    expect(frame.locator("body")).to_contain_text("This dashboard cannot be created")
    deadline = time.monotonic() + 30
    while sum(url.endswith("/state") for url in asked) < 2:
        assert time.monotonic() < deadline
        browsing.page.wait_for_timeout(200)
    assert sum(url.endswith(f"/public-dashboards/{TOKEN}") for url in asked) == 1
    browsing.change(state="live")
    wait_for_event(browsing.page, "loaded", 15_000)


def test_an_open_page_ends_in_the_second_in_which_its_link_does(browsing: Browsing, host: str) -> None:
    browsing.change(profile=LinkProfile(refresh="1h"), expires_at=int(time.time() * 1000) + 6_000)
    frame = embed(browsing, host)
    wait_for_event(browsing.page, "loaded", 5_000)
    wait_for_event(browsing.page, "expired", 7_000)
    expect(frame.locator("body")).to_contain_text("This link has expired")


def test_a_page_without_any_value_is_loaded_as_well(viewed: Browsing, host: str) -> None:
    viewed.visitors.metrics.answer = EMPTY_MATRIX
    frame = embed(viewed, host)
    wait_for_event(viewed.page, "loaded", 5_000)
    expect(frame.get_by_text("No data")).to_be_visible()


def test_a_page_whose_every_panel_fails_is_loaded_and_tells_which_failed(browsing: Browsing, host: str) -> None:
    browsing.visitors.metrics.failure = UpstreamError("Prometheus cannot be reached.")
    if browsing.grafana is not None:
        down = {"error": f"Post {INTERNAL}: refused", "errorSource": "downstream", "status": 502, "frames": []}
        browsing.grafana.fake.answering = lambda query: dict(down)
    embed(browsing, host)
    wait_for_event(browsing.page, "error", 10_000)
    wait_for_event(browsing.page, "loaded", 1_000)
    failed = events(browsing.page, "error")[0]
    assert isinstance(failed["panelId"], int)
    assert "cannot be reached" in failed["message"]


def test_a_relayed_page_marks_its_panels_while_grafana_is_away_and_shows_no_box(relayed: Browsing, host: str) -> None:
    frame = embed(relayed, host)
    wait_for_event(relayed.page, "loaded")
    assert relayed.grafana is not None
    relayed.grafana.fake.refuse()
    expect(frame.locator("body")).to_contain_text("Power answered 503", timeout=20_000)
    failed = wait_for_event(relayed.page, "error")
    assert failed["message"] == "Dashboard is not available right now"
    expect(frame.locator(".toast")).to_have_count(0)
    relayed.grafana.fake.accept()
    expect(frame.locator("body")).to_contain_text("Power answered 200", timeout=20_000)


def test_a_host_that_is_not_allowed_gets_no_frame_and_one_that_is_does(browsing: Browsing, host: str) -> None:
    browsing.change(frame_ancestors=("https://shop.example",))
    browsing.page.goto(f"{host}/embed?{urlencode({'links': browsing.base, 'url': browsing.url})}")
    browsing.page.wait_for_timeout(1_500)
    assert events(browsing.page, "loaded") == []
    texts = [frame.locator("body").inner_text() for frame in browsing.page.frames if frame != browsing.page.main_frame]
    assert not any("Power" in text for text in texts)
    # A host that hides where it is from meets the browser's own rule.
    body = f'<meta name="referrer" content="no-referrer"><iframe src="{browsing.url}"></iframe>'
    browsing.page.goto(f"{host}/page?{urlencode({'body': body})}")
    browsing.page.wait_for_timeout(1_500)
    assert any(frame.url.startswith("chrome-error") for frame in browsing.page.frames)
    browsing.change(frame_ancestors=(host,))
    embed(browsing, host)
    wait_for_event(browsing.page, "loaded")


def test_the_host_sets_the_theme(browsing: Browsing, host: str) -> None:
    embed(browsing, host, theme="light")
    wait_for_event(browsing.page, "loaded")
    browsing.page.evaluate("events.length = 0; frame.setTheme('dark')")
    if browsing.grafana is not None:
        wait_for_event(browsing.page, "loaded")  # Grafana takes a theme when it starts
    frame = link_frame(browsing.page, browsing.base)
    selector = "body.theme-dark" if browsing.grafana is not None else "html[data-theme=dark]"
    expect(frame.locator(selector)).to_have_count(1)


def test_two_links_show_other_ranges_themes_and_pickers_at_the_same_time(relayed: Browsing, host: str) -> None:
    relayed.add(OTHER, LinkProfile(theme=Theme.DARK, refresh="10s", time_from="now-6h", picker=True, chrome=True))
    first = embed(relayed, host)
    wait_for_event(relayed.page, "loaded")
    second = relayed.page.context.new_page()
    second.goto(relayed.url.replace(TOKEN, OTHER))
    expect(second.locator("body")).to_contain_text("Power answered 200")
    one = json.loads(first.evaluate("document.body.dataset.shown"))
    two = json.loads(second.evaluate("document.body.dataset.shown"))
    assert one == {"theme": "light", "time": {"from": "now-15m", "to": "now"}, "refresh": "5s", "locale": "de-CH"}
    assert two == {"theme": "dark", "time": {"from": "now-6h", "to": "now"}, "refresh": "10s", "locale": "de-CH"}
    assert first.locator(".picker").count() == 0
    expect(second.locator(".picker")).to_be_visible()
    expect(first.get_by_text("Rig 1", exact=True)).not_to_be_visible()  # no title bar without chrome
    expect(second.get_by_text("Rig 1", exact=True)).to_be_visible()


def test_every_panel_of_a_relayed_page_finds_what_it_asks(relayed: Browsing) -> None:
    relayed.page.goto(relayed.url)
    for panel in ("Power", *(str(one["title"]) for one in MORE_PANELS)):
        expect(relayed.page.locator("body")).to_contain_text(f"{panel} answered 200")


def test_the_addresss_refresh_counts_also_without_a_picker(relayed: Browsing) -> None:
    relayed.page.goto(f"{relayed.url}&theme=dark&refresh=30s&refresh=7s&from=now-2d")
    expect(relayed.page.locator("body")).to_contain_text("Power answered 200")
    shown = json.loads(relayed.page.evaluate("document.body.dataset.shown"))
    assert (shown["theme"], shown["refresh"], shown["time"]["from"]) == ("dark", "7s", "now-15m")


def test_a_protected_link_opens_inside_a_frame(browsing: Browsing, host: str) -> None:
    browsing.change(password_hash=hash_password("a password"))
    same_site = host.replace("localhost", "127.0.0.1")  # over plain http a frame on another site keeps no cookie
    frame = embed(browsing, same_site)
    assert wait_for_event(browsing.page, "locked")
    frame.get_by_label("Password").fill("wrong one")
    frame.get_by_role("button", name="Open").click()
    expect(frame.locator("h1")).to_have_text("That is not the password")
    frame.get_by_label("Password").fill("a password")
    frame.get_by_role("button", name="Open").click()
    expect(frame.locator("body")).to_contain_text("Power")
    wait_for_event(browsing.page, "loaded")


def test_rules_for_frames_that_change_reach_pages_that_are_open(browsing: Browsing, host: str) -> None:
    frame = embed(browsing, host)
    wait_for_event(browsing.page, "loaded")
    browsing.change(frame_ancestors=(host,))
    expect(frame.get_by_text("Power").first).to_be_visible()
    browsing.change(frame_ancestors=("https://shop.example",))
    deadline = time.monotonic() + 60
    while any("Power" in text for text in _texts(browsing)):
        assert time.monotonic() < deadline, "an open page stays where it may not be shown"
        browsing.page.wait_for_timeout(200)


def _texts(browsing: Browsing) -> list[str]:
    frames = [frame for frame in browsing.page.frames if frame != browsing.page.main_frame]
    return [frame.locator("body").inner_text() for frame in frames]


def test_nothing_of_a_refusal_stands_behind_the_notice_of_a_relayed_page(relayed: Browsing, host: str) -> None:
    frame = embed(relayed, host)
    wait_for_event(relayed.page, "loaded")
    expect(frame.locator("body")).to_contain_text("Power answered 200")
    relayed.change(expires_at=1)
    wait_for_event(relayed.page, "expired")
    relayed.page.wait_for_timeout(6_000)  # one refresh more
    shown = frame.locator("body").text_content() or ""
    assert "answered 410" not in shown
    assert "answered 200" in shown  # of those panels that asked nothing since
    assert events(relayed.page, "error") == []
