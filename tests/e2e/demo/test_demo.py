"""`make demo` as a newcomer sees it: a page of another origin whose frames show moving numbers, in a real browser."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Frame, Page, expect, sync_playwright

from tests.support.processes import ROOT, dashwright, free_ports, get, until

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Demo:
    page: str
    service: str
    devices: list[str]
    log: Path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    port, web, poller, prometheus, host = free_ports(5)
    first_device = _row_of_free_ports(4)
    environment = {
        "DATA_DIR": str(folder / "state"),
        "PORT": str(port),
        "WEB_PORT": str(web),
        "POLLER_PORT": str(poller),
        "PROMETHEUS_URL": f"http://127.0.0.1:{prometheus}",
        "OWN_PROMETHEUS": "true",
    }
    arguments = ["demo", "--host-port", str(host), "--device-port", str(first_device), "--stays", "25", "--away", "12"]
    log = folder / "demo.log"
    with dashwright(arguments, environment, log=log) as process:
        until(lambda: process.poll() is not None or "The demo is ready: open" in log.read_text(), 120, what="the demo")
        assert process.poll() is None, log.read_text()
        yield Demo(
            f"http://127.0.0.1:{host}",
            f"http://127.0.0.1:{port}",
            [f"http://127.0.0.1:{first_device + number}" for number in range(4)],
            log,
        )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1560, "height": 1500})
    faults: list[str] = []
    opened.on("pageerror", lambda fault: faults.append(str(fault)))
    yield opened
    opened.close()
    assert faults == []


def _row_of_free_ports(count: int) -> int:
    for _ in range(50):
        (first,) = free_ports(1)
        if first + count < 65_000 and all(_is_free(first + number) for number in range(count)):
            return first
    raise AssertionError("no row of free ports")


def _is_free(port: int) -> bool:
    import socket

    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def frame_of(page: Page, device: str) -> Frame:
    handle = page.wait_for_selector(f"#device-{device} iframe", timeout=60_000)
    frame = handle.content_frame()
    assert frame is not None
    return frame


def set_value(address: str, **values: object) -> None:
    request = urllib.request.Request(f"{address}/set", json.dumps(values).encode(), method="POST")
    urllib.request.urlopen(request, timeout=5).close()


def numbers_of(frame: Frame) -> list[str]:
    """What the stat panels show: a simulated miner moves slowly, and one of its numbers alone may stand for a while."""
    return [panel.inner_text() for panel in frame.locator('[data-panel-type="stat"] .dw-panel-view').all()]


def test_the_frames_show_numbers_that_move_within_ten_seconds(demo: Demo, page: Page) -> None:
    page.goto(demo.page)
    frame = frame_of(page, "rig-1")
    expect(frame.locator("body")).to_contain_text(" W", timeout=45_000)
    first = numbers_of(frame)
    assert len(first) >= 3
    deadline = time.monotonic() + 10
    while numbers_of(frame) == first:
        assert time.monotonic() < deadline, f"still {first}"
        page.wait_for_timeout(250)


def test_a_value_set_at_the_device_arrives_in_the_frame(demo: Demo, page: Page) -> None:
    page.goto(demo.page)
    frame = frame_of(page, "rig-2")
    set_value(demo.devices[1], power=777)
    try:
        expect(frame.locator("body")).to_contain_text("777", timeout=45_000)
    finally:
        set_value(demo.devices[1], power=None)


def test_four_devices_and_the_overview_are_embedded_from_another_origin(demo: Demo, page: Page) -> None:
    page.goto(demo.page)
    for device in ("overview", "rig-1", "rig-2", "rig-3", "rig-4"):
        assert frame_of(page, device).url.startswith(f"{demo.service}/grafana/public-dashboards/")
    order = page.locator("#fleet article").evaluate_all("all => all.map((one) => one.id.slice('device-'.length))")
    assert order == ["overview", "rig-1", "rig-2", "rig-3", "rig-4"]
    overview = frame_of(page, "overview")
    expect(overview.locator("body")).to_contain_text("TH/s", timeout=45_000)


def test_the_theme_switch_reaches_the_frames(demo: Demo, page: Page) -> None:
    page.goto(demo.page)
    frame_of(page, "rig-1")
    page.get_by_text("Dark", exact=True).click()
    page.wait_for_function("document.querySelector('#device-rig-1 iframe').src.includes('theme=dark')")
    frame = frame_of(page, "rig-1")
    frame.wait_for_load_state()
    expect(frame.locator("html")).to_have_attribute("data-theme", "dark", timeout=45_000)


def test_one_device_leaves_and_comes_back_with_the_same_link(demo: Demo, page: Page) -> None:
    page.goto(demo.page)
    badge = page.locator("#device-rig-4 .state")
    gone = frame_of(page, "rig-4").url.partition("&")[0]
    expect(badge).to_have_text("retired", timeout=60_000)
    assert get(gone)[0] == 410
    expect(frame_of(page, "rig-4").locator("body")).to_contain_text("turned off", timeout=45_000)
    expect(badge).to_have_text("live", timeout=60_000)
    frame = frame_of(page, "rig-4")
    expect(frame.locator("body")).to_contain_text(" W", timeout=45_000)
    assert frame.url.partition("&")[0] == gone


def test_the_picture_of_the_docs_is_what_the_demo_looks_like(demo: Demo, page: Page, browser: Browser) -> None:
    """The pictures lie in test-results/; those of the docs are taken from there."""
    for theme in ("light", "dark"):
        page.goto(f"{demo.page}/?theme={theme}")
        for device in ("overview", "rig-1", "rig-2", "rig-3"):
            expect(frame_of(page, device).locator("body")).to_contain_text("H/s", timeout=45_000)
        page.wait_for_timeout(1500)
        folder = ROOT / "test-results"
        folder.mkdir(exist_ok=True)
        picture = page.screenshot()
        (folder / f"demo-{theme}.png").write_bytes(picture)
        assert len(picture) > 50_000
