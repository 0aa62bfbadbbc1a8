"""First chart in a visitor's browser: our viewer against Grafana's own public page, cold cache, in turn in one run.

Run: python -m benchmarks.first_chart [--rounds 9]
Ours is the whole service as in production (`dashwright run`: nginx, gunicorn, SQLite) over a real Prometheus. The peer
is a real Grafana when GRAFANA_URL (with GRAFANA_TOKEN, or an auth proxy that takes GRAFANA_PROXY_USER) names one whose
pages are built, or when GRAFANA_HOME holds one; otherwise a stand-in that repeats what was observed of Grafana's page
(`stand_in_page.py`), and the rows say so. Both show the same four panels of the same queries. Each visit is a fresh
browser context; timed is, from the start of navigation, the frame after the first line is drawn on a canvas.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import shutil
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

from backend_server.grafana.client import GrafanaClient
from backend_server.grafana.public import PublicDashboard
from benchmarks.grafana_home import grafana_from_home
from benchmarks.report import Row, print_rows
from benchmarks.stand_in_page import running_stand_in
from tests.support.processes import dashwright, free_ports, get, until
from tests.support.prometheus import running_prometheus

ROUNDS = 9
AIM = 4.0
PATH = "first chart in a visitor's browser, 4 panels, cold cache"
STAND_IN = "stand-in with Grafana's observed requests and sizes"
_TOKEN = "dw_token-of-the-benchmark-0123456789abcdefghi"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
          "--disable-component-update", "--disable-sync")  # fmt: skip
_PATIENCE_MS = 60_000
_BUILT_BYTES = 500_000  # a back end without its front end serves a few bytes for each script

# A line on a canvas is what both draw a chart with; the frame after it is what a visitor sees.
_WATCH = """
(()=>{const stroke=CanvasRenderingContext2D.prototype.stroke;
CanvasRenderingContext2D.prototype.stroke=function(...given){stroke.apply(this,given);
if(self.__begun)return;self.__begun=true;
requestAnimationFrame(()=>requestAnimationFrame(()=>{self.__chart=performance.now();
document.documentElement.setAttribute("data-charted","")}))}})();
"""
_MEASURED = """
()=>{const files=performance.getEntriesByType("resource"),page=performance.getEntriesByType("navigation")[0];
const mark=performance.getEntriesByName("dashwright-first-panel")[0];
const inked=[...document.querySelectorAll("canvas")].some(one=>one.width&&one.height&&
one.getContext("2d").getImageData(0,0,one.width,one.height).data.some(value=>value));
return {chart:self.__chart,panel:mark?mark.startTime:null,load:page.loadEventEnd,inked,requests:files.length+1,
bytes:files.reduce((sum,one)=>sum+one.encodedBodySize,page.encodedBodySize)}}
"""


@dataclass(frozen=True)
class Visit:
    """One visit: moments in ms after the start of navigation, requests, and bytes over the wire."""

    chart_ms: float
    panel_ms: float | None
    load_ms: float
    work_ms: float  # processor time of the page's main thread
    requests: int
    bytes: int


@dataclass(frozen=True)
class Peer:
    """What ours is compared with: where it is, and how the rows name it."""

    url: str
    name: str


def dashboard() -> dict[str, Any]:
    """Make the dashboard both show: four kinds of panels, queries that any Prometheus answers."""
    source = {"type": "prometheus", "uid": "prometheus"}
    panels = []
    for number, kind in enumerate(("timeseries", "stat", "gauge", "table"), 1):
        expression = f"40 + 30 * sin(vector(time()) / {60 * number})"
        target: dict[str, Any] = {"refId": "A", "datasource": source, "expr": expression, "legendFormat": "reading"}
        if kind == "table":
            target |= {"format": "table", "instant": True, "range": False}
        panels.append(
            {
                "id": number,
                "type": kind,
                "title": kind,
                "gridPos": {"x": (number - 1) % 2 * 12, "y": (number - 1) // 2 * 8, "w": 12, "h": 8},
                "datasource": source,
                "fieldConfig": {"defaults": {"unit": "watt", "min": 0, "max": 100}, "overrides": []},
                "options": {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}},
                "targets": [target],
            }
        )
    return {
        "title": "First chart",
        "schemaVersion": 41,
        "refresh": "5s",
        "time": {"from": "now-1h", "to": "now"},
        "timepicker": {},
        "templating": {"list": []},
        "annotations": {"list": []},
        "panels": panels,
    }


@contextmanager
def our_link(folder: Path, prometheus_url: str) -> Iterator[str]:
    """Run the whole service and give a live link of a device with the dashboard."""
    templates = folder / "templates"
    templates.mkdir(parents=True)
    header = {"slot": "main", "scope": "device", "applies_to": {}, "title": "<< device.title >>"}
    (templates / "generic.json").write_text(json.dumps({"__template__": header, **dashboard()}), encoding="utf-8")
    port, web, poller = free_ports(3)
    environment = {
        "DATA_DIR": str(folder / "data"),
        "DASHBOARDS_DIR": str(folder / "dashboards"),
        "TEMPLATES_DIR": str(templates),
        "PORT": str(port),
        "WEB_PORT": str(web),
        "POLLER_PORT": str(poller),
        "PROMETHEUS_URL": prometheus_url,
        "API_TOKEN": _TOKEN,
        "ADMIN_PASSWORD": secrets.token_urlsafe(16),
        "LISTEN": "127.0.0.1",
        "GRAFANA_URL": "",
        "GRAFANA_HOME": "",
    }
    base = f"http://127.0.0.1:{port}"
    log = folder / "run.log"
    with dashwright(["run"], environment, log=log) as process:
        until(
            lambda: process.poll() is not None or get(f"{base}/server/health")[0] == 200,
            90,
            what="the service is ready",
        )
        if process.poll() is not None:
            raise SystemExit(f"the service ended at its start:\n{log.read_text(encoding='utf-8')[-3000:]}")
        request = urllib.request.Request(
            f"{base}/api/devices/rig-1?wait=20s",
            b'{"hostname": "Rig 1"}',
            {"Authorization": f"Bearer {_TOKEN}", "Content-Type": "application/json"},
            method="PUT",
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            link = json.loads(answer.read())["link"]
        assert link["state"] == "live", link
        yield str(link["embed_url"])


@contextmanager
def the_peer(folder: Path, prometheus_url: str) -> Iterator[Peer]:
    """Return Grafana's public page: a real one where there is one with its pages, else the stand-in."""
    running = os.environ.get("GRAFANA_URL", "").rstrip("/")
    home = os.environ.get("GRAFANA_HOME", "")
    if running and has_pages(running):
        with public_page(running) as peer:
            yield peer
    elif home and any(Path(home, "public", "build").glob("*.js")):
        with grafana_from_home(Path(home), folder, prometheus_url) as url, public_page(url) as peer:
            yield peer
    else:
        with running_stand_in() as stand_in:
            yield Peer(stand_in.url, STAND_IN)


def has_pages(url: str) -> bool:
    """Whether a Grafana serves its real scripts; a back end alone has only their names."""
    with urllib.request.urlopen(f"{url}/public-dashboards/{'0' * 32}", timeout=10) as answer:
        html = answer.read().decode(errors="replace")
    size = 0
    for name in re.findall(r'<script[^>]+src="([^"]+\.js)"', html):
        address = name if name.startswith(("/", "http")) else f"{urlsplit(url).path}/{name}"
        full = address if address.startswith("http") else f"{urlsplit(url).scheme}://{urlsplit(url).netloc}{address}"
        with urllib.request.urlopen(full, timeout=30) as answer:
            size += len(answer.read())
    return size > _BUILT_BYTES


@contextmanager
def public_page(url: str) -> Iterator[Peer]:
    """Publish the dashboard in a real Grafana for the time of the run; it is deleted again."""
    token = os.environ.get("GRAFANA_TOKEN") or None
    user = os.environ.get("GRAFANA_PROXY_USER") or os.environ.get("GRAFANA_ADMIN_USER") or "admin"
    parts = urlsplit(url)
    client = GrafanaClient(url, f"{parts.scheme}://{parts.netloc}", user=None if token else user, token=token)
    uid = f"first-chart-{secrets.token_hex(4)}"
    headers = {"Content-Type": "application/json", "Origin": f"{parts.scheme}://{parts.netloc}"}
    headers |= {"Authorization": f"Bearer {token}"} if token else {"X-WEBAUTH-USER": user}
    body = json.dumps({"dashboard": {**dashboard(), "uid": uid, "title": uid}}).encode()
    request = urllib.request.Request(f"{url}/api/dashboards/db", body, headers, method="POST")
    urllib.request.urlopen(request, timeout=20).close()
    try:
        made = client.create_public(uid, PublicDashboard(secrets.token_hex(10), secrets.token_hex(16)))
        try:
            yield Peer(f"{url}/public-dashboards/{made.access_token}", f"Grafana {client.version() or ''}".strip())
        finally:
            client.delete_public(uid, made.uid)
    finally:
        client.delete_dashboard(uid)
        client.close()


def visit(browser: Browser, url: str) -> Visit:
    """Open a page in a fresh context and wait for its first chart."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        page = context.new_page()
        page.add_init_script(_WATCH)
        devtools = context.new_cdp_session(page)
        devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(url, wait_until="commit")
        # By an attribute: the pages' own security policy forbids what waiting for an expression would need.
        page.wait_for_selector("html[data-charted]", state="attached", timeout=_PATIENCE_MS)
        page.wait_for_load_state("load", timeout=_PATIENCE_MS)
        told = {one["name"]: one["value"] for one in devtools.send("Performance.getMetrics")["metrics"]}
        page.wait_for_timeout(150)
        found = page.evaluate(_MEASURED)
    finally:
        context.close()
    if not found["inked"]:
        raise SystemExit(f"{url}: a canvas was drawn on and is blank")
    work_ms = told["TaskDuration"] * 1000
    return Visit(found["chart"], found["panel"], found["load"], work_ms, found["requests"], found["bytes"])


def visits(browser: Browser, ours: str, peer: str, rounds: int) -> tuple[list[Visit], list[Visit]]:
    """Visit both in turn, once more than counted: the first visit warms what is not the browser's cache."""
    found: tuple[list[Visit], list[Visit]] = ([], [])
    for number in range(rounds + 1):
        for kept, url in zip(found, (ours, peer), strict=True):
            one = visit(browser, url)
            if number:
                kept.append(one)
            time.sleep(0.2)
    return found


def rows(ours: list[Visit], peers: list[Visit], name: str) -> list[Row]:
    """Word what was measured."""
    our_chart = statistics.median(one.chart_ms for one in ours)
    peer_chart = statistics.median(one.chart_ms for one in peers)
    panel = statistics.median(one.panel_ms or one.chart_ms for one in ours)
    sooner = peer_chart / our_chart
    ratios = sorted(their.chart_ms / our.chart_ms for our, their in zip(ours, peers, strict=True))

    def spread(found: list[Visit]) -> str:
        times = sorted(one.chart_ms for one in found)
        return f"{statistics.median(times):.0f} ms ({times[0]:.0f}–{times[-1]:.0f})"

    def weight(found: list[Visit]) -> str:
        middle = found[len(found) // 2]
        return f"{middle.requests} requests, {middle.bytes / 1e6:.2f} MB"

    our_work = statistics.median(one.work_ms for one in ours)
    peer_work = statistics.median(one.work_ms for one in peers)
    load = statistics.median(one.load_ms for one in peers)
    return [
        Row(PATH, "the peer", "", name, None),
        Row(PATH, "viewer, first chart, median (least–most)", "", spread(ours), None),
        Row(PATH, "viewer, mark of the first panel", "", f"{panel:.0f} ms", None),
        Row(PATH, "peer, first chart, median (least–most)", "", spread(peers), None),
        Row(PATH, "peer, load event", "", f"{load:.0f} ms", None),
        Row(PATH, "main thread's work, viewer / peer", "", f"{our_work:.0f} / {peer_work:.0f} ms", None),
        Row(PATH, "viewer, over the wire", "", weight(ours), None),
        Row(PATH, "peer, over the wire", "", weight(peers), None),
        Row(PATH, "times sooner, visit by visit (least–most)", "", f"{ratios[0]:.1f}–{ratios[-1]:.1f}", None),
        Row(PATH, "times sooner, of the medians", f"≥ {AIM:g}", f"{sooner:.1f}", sooner >= AIM),
    ]  # fmt: skip


def chromium() -> str:
    """Find the browser of the distribution."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    raise SystemExit("Chromium is not installed: apt-get install chromium")


def main() -> int:
    """Measure and print; the exit code is 1 when the aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="visits of each")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            running_prometheus(folder) as prometheus,
            our_link(folder / "ours", prometheus.url) as ours,
            the_peer(folder / "peer", prometheus.url) as peer,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
            found = visits(browser, ours, peer.url, rounds)
            browser.close()
    measured = rows(*found, peer.name)
    print_rows(measured)
    return 0 if all(row.met is not False for row in measured) else 1


if __name__ == "__main__":
    raise SystemExit(main())
