"""A real Prometheus, a real Chromium, and links served over HTTP from the viewer or from a relayed Grafana."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import orjson
import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from backend_server.grafana import GrafanaClient, PublicDashboard
from backend_server.links import FoundLink, LinkProfile, Theme
from backend_server.primitives.ids import LinkToken, Slug
from backend_server.queries.steps import Limits
from backend_server.settings import Settings
from backend_server.viewing.relay.source import RelayOptions, relay_source
from backend_server.web.context import LINK_BASE
from tests.fakes.grafana import Datasource, FakeGrafana
from tests.functional.viewing.browsing import FLAGS, Received, host_app, served
from tests.functional.viewing.leaky_grafana import LeakyGrafana
from tests.support.edge import running_nginx, web_at
from tests.support.prometheus import RunningPrometheus, free_port, running_prometheus
from tests.support.visitors import TOKEN, UID, Visitors, dashboard, target

REAL = "fedcba9876543210fedcba9876543210"
INTERNAL = "http://10.9.8.7:9090"
SQL = {"type": "grafana-postgresql-datasource", "uid": "pg-runs"}
# Those that Grafana's page asks for only with the right boot data.
MORE_PANELS = (
    {
        "id": 2,
        "type": "timeseries",
        "title": "Mixed",
        "datasource": {"type": "datasource", "uid": "-- Mixed --"},
        "targets": [
            target("secret_metric"),
            {**target("secret_metric", "B"), "datasource": {"type": "prometheus", "uid": "prom-2"}},
        ],
    },
    {
        "id": 3,
        "type": "table",
        "title": "Runs",
        "datasource": SQL,
        "targets": [{"refId": "A", "datasource": SQL, "rawSql": "SELECT secret_metric", "format": "table"}],
    },
)


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPrometheus]:
    """A real Prometheus with an exposition server, started when a test first asks for it."""
    with running_prometheus(tmp_path_factory.mktemp("prometheus")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    """The origin of a host page that may embed."""
    with served(host_app()) as port:
        yield f"http://localhost:{port}"


@dataclass
class Browsing:
    """Links at `base`, a browser page, and what the browser received; `hidden` must be in none of it."""

    base: str
    page: Page
    received: Received
    visitors: Visitors
    grafana: LeakyGrafana | None = None
    app: Flask | None = None

    def proxied_at(self, base: str) -> None:
        """Say by `PUBLIC_URL` where a frontend has us."""
        assert self.app is not None
        self.app.config[LINK_BASE] = base

    @property
    def url(self) -> str:
        """The link's address."""
        return f"{self.base}/grafana/public-dashboards/{TOKEN}?orgId=1"

    def change(self, **changes: object) -> None:
        """Change the link."""
        self.visitors.links.change(**changes)

    def add(self, token: str, profile: LinkProfile) -> None:
        """Add another link to the same dashboard."""
        found: FoundLink = self.visitors.links.found[TOKEN]
        link = replace(
            found.link, id=token[-4:], token=LinkToken(token), slug=Slug(f"other-{token[-4:]}"), profile=profile
        )
        self.visitors.links.found[token] = replace(found, link=link)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh browser profile."""
    opened = browser.new_context(viewport={"width": 900, "height": 700}, locale="de-CH")
    yield opened
    opened.close()


class _NowVisitors(Visitors):
    """Visitors by the machine's own clock, as a browser's is."""

    def clock_ms(self) -> int:
        return int(time.time() * 1000)


@pytest.fixture(params=["viewer", "relay"])
def browsing(request: pytest.FixtureRequest, context: BrowserContext, tmp_path: Path) -> Iterator[Browsing]:
    """Links shown by the viewer, then by a relayed Grafana that leaks its token everywhere."""
    made = _relayed(context, tmp_path) if request.param == "relay" else _viewed(context, tmp_path)
    yield from made


@pytest.fixture
def viewed(context: BrowserContext, tmp_path: Path) -> Iterator[Browsing]:
    """Links shown by the viewer alone."""
    yield from _viewed(context, tmp_path)


@pytest.fixture
def relayed(context: BrowserContext, tmp_path: Path) -> Iterator[Browsing]:
    """Links shown by a relayed Grafana alone."""
    yield from _relayed(context, tmp_path)


def _viewed(context: BrowserContext, folder: Path) -> Iterator[Browsing]:
    visitors = _NowVisitors()
    now = time.time() // 15 * 15
    series = {"metric": {"device": "rig-1"}, "values": [[now - 15 * place, "1"] for place in range(20, -1, -1)]}
    answer = {"status": "success", "data": {"resultType": "matrix", "result": [series]}}
    visitors.metrics.answer = orjson.dumps(answer)
    visitors.documents.put(dashboard({"id": 1, "type": "timeseries", "title": "Power", "targets": [target("up")]}))
    visitors.links.change(profile=LinkProfile(theme=Theme.LIGHT, refresh="5s", time_from="now-15m"))
    yield from _opened(context, visitors, None, folder)


def _relayed(context: BrowserContext, folder: Path) -> Iterator[Browsing]:
    shard, provisioning = folder / "shard", folder / "provisioning"
    shard.mkdir()
    (provisioning / "dashboards").mkdir(parents=True)
    (provisioning / "dashboards" / "dashboard.yml").write_text(
        "apiVersion: 1\nproviders:\n"
        "  - {name: shard, type: file, folder: '', disableDeletion: true, updateIntervalSeconds: 15,"
        f" options: {{path: {shard}}}}}\n",
        encoding="utf-8",
    )
    document = dashboard(
        {"id": 1, "type": "timeseries", "title": "Power", "targets": [target("secret_metric")]},
        *MORE_PANELS,
        timepicker={},
        time={"from": "now-15m", "to": "now"},
        refresh="5s",
        title="Rig 1",
    )
    (shard / f"{UID}.json").write_bytes(orjson.dumps(document))
    datasources = (
        Datasource("Prometheus", "prometheus", url=INTERNAL, is_default=True, json_data={"timeInterval": "5s"}),
        Datasource("Second", "prom-2", url=INTERNAL),
        Datasource("Runs", "pg-runs", type=SQL["type"], url="db:5432", json_data={"database": "secret_database"}),
        Datasource("Payroll", "pg-main", type="grafana-postgresql-datasource", url="db:5432"),
    )
    with FakeGrafana(provisioning, datasources=datasources, polling=False) as fake:
        client = GrafanaClient(fake.url, fake.origin, user="admin")
        client.create_public(UID, PublicDashboard("pd-1", REAL, True, True, False))
        grafana = LeakyGrafana(client, INTERNAL, fake)
        plain = _NowVisitors()

        class Publications:
            def tokens(self) -> dict[str, str | None]:
                return {UID: REAL}

        internal = [fake.origin.partition("://")[2], INTERNAL.partition("://")[2]]
        options = RelayOptions(Limits(), plain.clock_ms, internal=internal)
        source = relay_source(grafana, Publications(), plain.viewer, options)
        visitors = _NowVisitors(source=source, links=plain.links)
        visitors.links.change(profile=LinkProfile(theme=Theme.LIGHT, refresh="5s", time_from="now-15m"))
        yield from _opened(context, visitors, grafana, folder)
        client.close()


def _opened(
    context: BrowserContext, visitors: Visitors, grafana: LeakyGrafana | None, folder: Path
) -> Iterator[Browsing]:
    """Serve the links behind nginx with the shipped configuration, and open a page."""
    received = Received()
    port = free_port()
    settings = Settings(data_dir=folder / "edge", port=port)
    app = received.watch(visitors.client().application)
    with (
        served(app) as web_port,
        running_nginx(settings, edits=web_at(settings, web_port)),
    ):
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        made = Browsing(f"http://127.0.0.1:{port}", page, received, visitors, grafana, app)
        yield made
        page.close()
    visitors.close()
    assert faults == []
    everything = b"\n".join(received.parts).lower()
    hidden = (
        REAL,
        REAL.upper(),
        "10.9.8.7",
        "payroll",
        "pg-main",
        "db:5432",
        "secret_metric",
        "directurl",
        "secret_database",
    )
    for secret in hidden:
        assert secret.lower().encode() not in everything, secret
