"""From a changed reading in a device to a visitor's eye, with the shipped defaults, stage by stage.

Run: python -m benchmarks.freshness [--changes 16]
Real are the service (`dashwright run`: nginx, gunicorn, the poller), its Prometheus and a Chromium that holds the
link's page open; devices are simulated ones over HTTP. A device's power is set at random moments. Timed from there:
when the poller read it, when Prometheus took it (the sample's own time), when an answer to the page first held it, and
when it stood on the page. Grafana's page is not at hand on every machine, so the relayed one is measured up to the
answer by the calls that page makes, every 5 s from a moment of its own; what stands behind the relay aligns ranges to
the step as Grafana's back end does and asks the same Prometheus.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import secrets
import statistics
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from backend_server.demo.simulator import Miner, MinerServer
from benchmarks.first_chart import FLAGS, chromium
from benchmarks.report import Row, print_rows
from tests.fakes.grafana import Datasource, FakeGrafana
from tests.support.grafana import write_provisioning
from tests.support.processes import dashwright, free_ports, get, until

AIM_SECONDS = 7.0
CHANGES, DEVICES = 18, 3
PATH = "from a changed reading to a visitor's eye"
_TOKEN = "dw_token-of-the-benchmark-0123456789abcdefghi"
_REFRESH_SECONDS = 5.0
_PATIENCE_SECONDS = 60.0
_FIRST_WATTS = 101
_LEARNING_SECONDS = 40.0  # the service has seen a few scrapes

# What answers hold and what the page shows, each with the moments it was so.
_WATCH = """
(()=>{const answered=self.__answered={},shown=self.__shown={},plain=self.fetch;
const note=(where,text,pattern)=>{for(const found of text.matchAll(pattern))(where[found[1]]??=[]).push(Date.now())};
self.fetch=async(...given)=>{const answer=await plain(...given);
answer.clone().text().then(text=>note(answered,text,/"([1-9]\\d\\d)"/g),()=>{});return answer};
const look=()=>note(shown,document.body?.innerText??"",/(?<![\\d.])([1-9]\\d\\d)\\s*W(?!\\w)/g);
new MutationObserver(()=>requestAnimationFrame(look))
.observe(document,{subtree:true,childList:true,characterData:true})})();
"""


class WatchedMiner(Miner):
    """A device that notes when each of its power values was first read."""

    def info(self, moment: float) -> dict[str, object]:
        answer = super().info(moment)
        self.__dict__.setdefault("read", {}).setdefault(answer["power"], time.time())
        return answer

    def read_at(self, watts: int) -> float:
        """Return when a value was first read."""
        return float(self.__dict__["read"][watts])


@dataclass
class Change:
    """One change and the moments it passed each stage, in epoch seconds."""

    device: int
    watts: int
    made: float
    polled: float = 0.0
    scraped: float = 0.0
    answered: float = 0.0
    shown: float = 0.0


@dataclass
class Service:
    """What runs, and how to ask it."""

    base: str
    prometheus: str
    miners: Sequence[MinerServer]
    links: list[str] = field(default_factory=list)

    def complete(self, change: Change) -> None:
        """Fill in when the poller read the value and when Prometheus took it."""
        miner = self.miners[change.device].miner
        assert isinstance(miner, WatchedMiner)
        change.polled = miner.read_at(change.watts)
        query = f'device_power_watts{{device="rig-{change.device}"}}[10m]'
        url = f"{self.prometheus}/api/v1/query?query={quote(query)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            series = json.load(answer)["data"]["result"]
        taken = [at for one in series for at, text in one["values"] if float(text) == change.watts]
        change.scraped = min(taken)


@contextmanager
def running(folder: Path, grafana: str = "", prometheus_port: int = 0) -> Iterator[Service]:
    """Run the whole service as `make run` does, with simulated devices and a link to each."""
    folder.mkdir(parents=True, exist_ok=True)
    port, web, poller, free = free_ports(4)
    miners = [MinerServer(WatchedMiner(number, f"Rig {number}", time.time() - 3600)) for number in range(DEVICES)]
    prometheus = f"http://127.0.0.1:{prometheus_port or free}"
    environment = {
        "DATA_DIR": str(folder / "data"),
        "DASHBOARDS_DIR": str(folder / "dashboards"),
        "PORT": str(port),
        "WEB_PORT": str(web),
        "POLLER_PORT": str(poller),
        "PROMETHEUS_URL": prometheus,
        "OWN_PROMETHEUS": "true",
        "API_TOKEN": _TOKEN,
        "ADMIN_PASSWORD": secrets.token_urlsafe(16),
        "LISTEN": "127.0.0.1",
        "OUTBOUND_ALLOW": ",".join(f"127.0.0.1:{miner.server_port}" for miner in miners),
        "GRAFANA_URL": grafana,
        "GRAFANA_HOME": "",
    }
    service = Service(f"http://127.0.0.1:{port}", prometheus, miners)
    log = folder / "run.log"
    try:
        with dashwright(["run"], environment, log=log) as process:
            until(
                lambda: process.poll() is not None or get(f"{service.base}/server/health")[0] == 200,
                90,
                what="the service is ready",
            )
            if process.poll() is not None:
                raise SystemExit(f"the service ended at its start:\n{log.read_text(encoding='utf-8')[-3000:]}")
            for number, miner in enumerate(miners):
                service.links.append(_registered(service.base, number, miner.address))
            time.sleep(_LEARNING_SECONDS)
            yield service
    finally:
        for miner in miners:
            miner.close()


def _registered(base: str, number: int, address: str) -> str:
    body = json.dumps({"hostname": f"Rig {number}", "kind": "miner", "address": address}).encode()
    request = urllib.request.Request(
        f"{base}/api/devices/rig-{number}?wait=20s",
        body,
        {"Authorization": f"Bearer {_TOKEN}", "Content-Type": "application/json"},
        method="PUT",
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        link = json.loads(answer.read())["link"]
    assert link["state"] == "live", link
    return str(link["embed_url"])


class Eyes:
    """Pages that are open in a browser; each says when a value was answered and shown."""

    def __init__(self, browser: Browser, links: Sequence[str]) -> None:
        self._pages: list[Page] = []
        for link in links:
            page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
            page.add_init_script(_WATCH)
            time.sleep(random.uniform(0, _REFRESH_SECONDS))  # as visitors come: at any moment
            page.goto(link)
            self._pages.append(page)

    def saw(self, change: Change) -> bool:
        """Whether the value stands on its page; the moments are then noted."""
        watts = str(change.watts)
        found = self._pages[change.device].evaluate("()=>[self.__answered,self.__shown]")
        answered, shown = (
            [at / 1000 for at in one.get(watts, ()) if at / 1000 >= change.made] for one in found
        )  # the same number may have stood there for something else before
        if not shown:
            return False
        change.shown = min(shown)
        change.answered = min([*answered, change.shown])
        return True


class Calls:
    """The questions Grafana's page asks for a panel, every 5 s, from threads of their own."""

    def __init__(self, base: str, links: Sequence[str]) -> None:
        self._stop = threading.Event()
        self._seen: list[dict[str, float]] = [{} for _ in links]
        self._threads = [
            threading.Thread(target=self._ask, args=(base, link, seen), daemon=True)
            for link, seen in zip(links, self._seen, strict=True)
        ]
        for thread in self._threads:
            thread.start()

    def saw(self, change: Change) -> bool:
        """Whether an answer held the value; the moment is then noted."""
        moment = self._seen[change.device].get(str(change.watts))
        if moment is not None:
            change.answered = change.shown = moment
        return moment is not None

    def close(self) -> None:
        """End the threads."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, base: str, link: str, seen: dict[str, float]) -> None:
        token = urlsplit(link).path.rpartition("/")[2]
        address = f"{base}/grafana/api/public/dashboards/{token}"
        panel = _power_panel(address)
        due = time.monotonic() + random.uniform(0, _REFRESH_SECONDS)
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            due += _REFRESH_SECONDS
            now = int(time.time() * 1000)
            span = {"from": str(now - 3_600_000), "to": str(now), "timezone": "browser"}
            body = json.dumps({"intervalMs": 5000, "maxDataPoints": 620, "timeRange": span}).encode()
            request = urllib.request.Request(
                f"{address}/panels/{panel}/query", body, {"Content-Type": "application/json"}, method="POST"
            )
            with suppress(OSError), urllib.request.urlopen(request, timeout=10) as answer:
                text = answer.read().decode()
                for found in re.finditer(r"[,\[]([1-9]\d\d)(?=[,\]])", text):
                    seen.setdefault(found[1], time.time())


def _power_panel(address: str) -> int:
    with urllib.request.urlopen(address, timeout=10) as answer:
        panels = json.load(answer)["dashboard"]["panels"]
    return next(int(panel["id"]) for panel in panels if panel["title"] == "Power")


def changes(service: Service, saw: Callable[[Change], bool], count: int) -> list[Change]:
    """Change readings at random moments, one after the other on each device, until each was seen."""
    values = iter(random.sample(range(_FIRST_WATTS, 1000), count))
    waiting: dict[int, Change] = {}
    due = dict.fromkeys(range(DEVICES), 0.0)
    done: list[Change] = []
    while len(done) < count:
        now = time.time()
        for device in range(DEVICES):
            change = waiting.get(device)
            if change is None:
                if now >= due[device] and len(done) + len(waiting) < count:
                    change = waiting[device] = Change(device, next(values), time.time())
                    service.miners[device].miner.set({"power": change.watts})
            elif saw(change):
                service.complete(waiting.pop(device))
                done.append(change)
                due[device] = now + random.uniform(0.5, 0.5 + _REFRESH_SECONDS)
            elif now - change.made > _PATIENCE_SECONDS:
                raise SystemExit(f"{change.watts} W were not seen within {_PATIENCE_SECONDS:g} s")
        time.sleep(0.1)
    return done


def rows(name: str, found: Sequence[Change], last: str) -> list[Row]:
    """Word the stages of one way to look."""

    def spread(of: Callable[[Change], float]) -> str:
        seconds = sorted(of(change) - change.made for change in found)
        return f"{statistics.median(seconds):.1f} s ({seconds[0]:.1f}–{seconds[-1]:.1f})"

    total = statistics.median(change.shown - change.made for change in found)
    path = f"{PATH}: {name}, {len(found)} changes"
    return [
        Row(path, "the poller has read it, median (least–most)", "", spread(lambda one: one.polled), None),
        Row(path, "Prometheus has taken it", "", spread(lambda one: one.scraped), None),
        Row(path, "an answer holds it", "", spread(lambda one: one.answered), None),
        Row(path, last, f"≤ {AIM_SECONDS:g} s", spread(lambda one: one.shown), total <= AIM_SECONDS),
    ]


def viewer_rows(folder: Path, count: int) -> list[Row]:
    """Measure the built-in viewer's page in Chromium."""
    with running(folder) as service, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        eyes = Eyes(browser, service.links)
        found = changes(service, eyes.saw, count)
        browser.close()
    return rows("viewer's page", found, "it stands on the page")


def relayed_rows(folder: Path, count: int) -> list[Row]:
    """Measure the relay by the calls that Grafana's page makes."""
    (port,) = free_ports(1)
    provisioning = write_provisioning(folder, folder / "dashboards")
    source = Datasource(
        "Prometheus",
        "prometheus",
        url=f"http://127.0.0.1:{port}",
        is_default=True,
        json_data={"timeInterval": "5s"},
    )
    with (
        FakeGrafana(provisioning, environment={}, datasources=(source,), prometheus=True) as grafana,
        running(folder, grafana.url, port) as service,
    ):
        calls = Calls(service.base, service.links)
        found = changes(service, calls.saw, count)
        calls.close()
    return rows("relay, by the page's calls", found, "the page has it (drawing not counted)")


def main() -> int:
    """Measure and print; the exit code is 1 when the aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=CHANGES, help="changes seen through each of the two")
    parser.add_argument("--only", choices=("viewer", "relay"), help="one of the two")
    given = parser.parse_args()
    measured: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        if given.only != "relay":
            measured += viewer_rows(Path(name) / "viewer", given.changes)
        if given.only != "viewer":
            measured += relayed_rows(Path(name) / "relay", given.changes)
    print_rows(measured)
    return 0 if all(row.met is not False for row in measured) else 1


if __name__ == "__main__":
    raise SystemExit(main())
