"""Every generated dashboard, provisioned and linked, opened in a browser over a real Prometheus: no empty panel."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from backend_server.generator.output.rules import rule_file
from backend_server.generator.spec.plans import SHIPPED_PLANS
from backend_server.generator.spec.read import read_spec
from backend_server.primitives.ids import Maker, dashboard_uid
from backend_server.primitives.shipped import shipped
from tests.functional.viewing.browsing import FLAGS
from tests.support.app import LiveApp, running_app
from tests.support.exposed_spec import expose_spec, spec_history
from tests.support.processes import ROOT
from tests.support.prometheus import RunningPrometheus, running_prometheus, wait_until

SLUGS = [plan.slug for plan in SHIPPED_PLANS]


@pytest.fixture(scope="module")
def fed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPrometheus]:
    spec = read_spec(shipped("metrics", "spec", "base.yml").read_bytes())
    rules = rule_file(spec).replace("interval: 30s", "interval: 1s")
    stop = threading.Event()
    with running_prometheus(
        tmp_path_factory.mktemp("fed"),
        rules=rules,
        text=expose_spec(spec, time.time()),
        history=lambda labels: spec_history(spec, time.time(), labels),
    ) as prometheus:

        def feed() -> None:
            while not stop.wait(0.5):
                prometheus.exposition.text = expose_spec(spec, time.time())

        feeder = threading.Thread(target=feed)
        feeder.start()
        try:
            wait_until(lambda: len(prometheus.ask('{__name__=~".+:p99_5m"} >= 0')) >= 9, what="recorded quantiles")
            yield prometheus
        finally:
            stop.set()
            feeder.join()


@pytest.fixture
def app(fed: RunningPrometheus, sqlite_template: Path, tmp_path: Path) -> Iterator[LiveApp]:
    with running_app(tmp_path, empty_database=sqlite_template, prometheus_url=fed.url) as running:
        answer = running.call("POST", "/api/generator/provision", {})
        assert len(answer.json()["created"]) == 13, answer.body
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield opened
        opened.close()


def open_link(page: Page, app: LiveApp, slug: str, theme: str = "light") -> dict[str, str]:
    """Open a generated dashboard by a link of its own and scroll through it; gives each panel's state by title."""
    uid = dashboard_uid(Maker.GENERATOR, "main", slug)
    link = app.call("POST", "/api/links", {"document": uid, "profile": {"refresh": "off"}}).json()
    page.goto(f"{link['url']}&theme={theme}")
    page.wait_for_selector(".dw-panel")
    deadline = time.monotonic() + 30
    while True:
        for y in range(0, page.evaluate("document.body.scrollHeight"), 600):
            page.mouse.wheel(0, 600 if y else -100_000)
            page.wait_for_timeout(60)
        states: dict[str, str] = page.evaluate(
            """() => Object.fromEntries([...document.querySelectorAll('.dw-panel')].map(
                 (panel) => [panel.querySelector('h2, .dw-panel-title')?.textContent ?? panel.dataset.panelId,
                             panel.dataset.state]))"""
        )
        if "loading" not in states.values() or time.monotonic() > deadline:
            return states


def test_every_panel_of_every_dashboard_shows_data(app: LiveApp, browser: Browser) -> None:
    """Their pictures lie in test-results/, to be looked at."""
    pictures = ROOT / "test-results"
    pictures.mkdir(exist_ok=True)
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    bad: dict[str, dict[str, str]] = {}
    try:
        for number, slug in enumerate(SLUGS):
            states = open_link(page, app, slug, "dark" if number % 2 else "light")
            bad[slug] = {title: state for title, state in states.items() if state != "ready"}
            assert page.locator(".dw-panel").count() == panels_with_queries(slug), slug
            (pictures / f"generated-{slug}.png").write_bytes(page.screenshot(full_page=True))
    finally:
        page.close()

    assert {slug: states for slug, states in bad.items() if states} == {}
    assert faults == []


def panels_with_queries(slug: str) -> int:
    document: dict[str, Any] = json.loads(
        shipped("config", "grafana", "dashboards", "generated", f"{slug}.json").read_text()
    )
    return sum(1 for panel in document["panels"] if panel.get("targets"))
