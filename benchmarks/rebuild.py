"""A Grafana that lost its database, and a first registration: when 300 links work again, and when they first do.

Run `python -m benchmarks.rebuild`. The whole service runs as in the image (nginx, `web`, worker, SQLite), with the fake
Grafana as a process of its own, killed and started again by supervisor: what it knew is gone then, as with a database.
Each link is counted once a visitor's request through nginx and the relay got its dashboard.

The fake's times are those of a running 12.4.0: 11 ms for each new file and the measured median of each call, a start of
44 s with 300 files as on a loaded machine. `--load 8` makes files and calls eight times slower as well. What a walk
takes is measured in the same run, on another fake that nobody else asks.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from backend_server.grafana import GrafanaClient
from benchmarks.relay import Caller
from benchmarks.report import Row, print_rows
from tests.fakes.grafana.costs import FILE_SECONDS
from tests.support.container import TOKEN, Container, environment_for, running
from tests.support.grafana import write_provisioning
from tests.support.processes import ROOT, free_ports, get, until

LINKS = 300
ASKED = 10  # open pages of visitors, while Grafana is away and after
_LOOK_SECONDS = 0.2
_ASK_SECONDS = 2.0
_AT_MOST_SECONDS = 600.0


@dataclass(frozen=True)
class Worked:
    """When a visitor's request first got a link's dashboard, and at which look at all of them that was."""

    seconds: float
    look: int


@dataclass(frozen=True)
class Running:
    """The service, a way in for visitors, and a way to Grafana itself."""

    service: Container
    edge: Caller
    grafana: GrafanaClient
    folder: Path
    load: float
    start_seconds: float


def main() -> int:
    """Measure and print; the exit code says whether every aim was met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rebuild", description=__doc__)
    parser.add_argument("--start", type=float, default=44.0, help="seconds that a start with 300 new files takes")
    parser.add_argument("--load", type=float, default=1.0, help="how many times slower files and calls are")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, _running(Path(folder), given.start, given.load) as house:
        began = time.monotonic()
        links = _register(house)
        worked_at = _worked_at(house, links, began)
        rows = _registered(worked_at, _own_walk(house), house.start_seconds)
        rows += _rebuilt(house, links)
    print_rows(rows)
    return 0 if all(row.met is not False for row in rows) else 1


@contextmanager
def _running(folder: Path, start_seconds: float, load: float) -> Iterator[Running]:
    folder.chmod(0o755)
    walk = LINKS * FILE_SECONDS * load
    environment = environment_for(folder, LIMIT_LINK="0")
    program = Path(environment["GRAFANA_HOME"]) / "bin" / "grafana"
    slow = f"--load {load} --start-seconds {max(0.0, start_seconds - walk)}"
    program.write_text(f"{program.read_text().rstrip()} {slow}\n")
    with running(folder, environment) as service:
        service.wait_ready(start_seconds + 180)
        edge = Caller(http.client.HTTPConnection("127.0.0.1", int(environment["PORT"]), timeout=60))
        grafana = GrafanaClient(environment["GRAFANA_URL"], user="admin")
        until(lambda: grafana.health().ok, start_seconds + 120, what="Grafana has started")
        yield Running(service, edge, grafana, folder, load, start_seconds)
        grafana.close()
        edge.close()


def _register(house: Running) -> list[str]:
    """Register all devices in one call; gives the tokens of their links."""
    devices = [{"id": f"rig-{number:03}", "hostname": f"Rig {number}"} for number in range(LINKS)]
    answers = house.edge.json("POST", "/api/devices/batch", devices, token=TOKEN)
    return [answer["link"]["token"] for answer in answers["results"]]


def _own_walk(house: Running) -> float:
    """Return how long another Grafana of the same speed takes for the same files, all new to it."""
    peer = house.folder / "peer"
    provisioning = write_provisioning(peer, peer / "dashboards")
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "tests.fakes.grafana", "--port", str(port), "--provisioning", str(provisioning)]
    with subprocess.Popen([*command, "--load", str(house.load)], cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        try:
            url = f"http://127.0.0.1:{port}/grafana"
            until(lambda: get(f"{url}/api/health")[0] == 200, 60, what="the other Grafana has started")
            shutil.copytree(house.service.environment["DASHBOARDS_DIR"], peer / "dashboards", dirs_exist_ok=True)
            client = GrafanaClient(url, user="admin")
            began = time.monotonic()
            client.reload(timeout_seconds=_AT_MOST_SECONDS)
            took = time.monotonic() - began
            client.close()
        finally:
            process.terminate()
    return took


def _worked_at(house: Running, links: Sequence[str], began: float) -> dict[str, Worked]:
    """Return by link when a visitor's request got its dashboard; the list of links only tells which ones to ask for."""
    found: dict[str, Worked] = {}
    for look in itertools.count():
        if len(found) == len(links):
            return found
        if time.monotonic() - began > _AT_MOST_SECONDS:
            raise SystemExit(f"{len(links) - len(found)} of {len(links)} links do not work")
        listed = house.edge.json("GET", "/api/links?per_page=1000", token=TOKEN)
        for token in [link["token"] for link in listed if link["state"] == "live" and link["token"] not in found]:
            with suppress(RuntimeError):  # refused
                house.edge.ask("GET", f"/grafana/api/public/dashboards/{token}")
                found[token] = Worked(time.monotonic() - began, look)
        time.sleep(_LOOK_SECONDS)
    raise AssertionError


def _registered(worked_at: Mapping[str, Worked], walk: float, start: float) -> list[Row]:
    times = sorted(one.seconds for one in worked_at.values())
    path = f"first registration of {LINKS}"
    return [
        Row(path, "Grafana's own walk over the same files", "", f"{walk:.1f} s", None),
        Row(path, "first links work after", "", f"{times[0]:.1f} s", None),
        Row(path, "half of the links", "", f"{times[len(times) // 2]:.1f} s", None),
        Row(path, "all links", "", f"{times[-1]:.1f} s", None),
        Row(path, "all links, against the walk", "≤ 1.2 ×", f"{times[-1] / walk:.2f} ×", times[-1] <= 1.2 * walk),
        Row(
            path,
            "all links, against Grafana's own start",
            "≤ 1.2 ×",
            f"{times[-1] / start:.2f} ×",
            times[-1] <= 1.2 * start,
        ),
    ]


def _rebuilt(house: Running, links: Sequence[str]) -> list[Row]:
    """Take Grafana's database away, and let a few visitors ask for their links all the while."""
    tokens = {row.dashboard_uid: row.access_token for row in house.grafana.list_public()}
    asked = list(links[7 :: LINKS // ASKED][:ASKED])
    stop = threading.Event()
    visitors = threading.Thread(target=_keep_asking, args=(house, asked, stop))
    address = f"{house.service.environment['GRAFANA_URL']}/api/health"
    process = house.service.status()["grafana"][1]
    began = time.monotonic()
    os.kill(process, signal.SIGKILL)
    visitors.start()
    try:
        until(lambda: _is_closed(address), 60, what="Grafana is gone")
        until(lambda: get(address)[0] == 200, house.start_seconds + 300, what="Grafana is back")
        own = time.monotonic() - began
        until(lambda: not _all_live(house), 120, what="the loss was noticed")
        noticed = time.monotonic() - began
        worked_at = _worked_at(house, links, began)
    finally:
        stop.set()
        visitors.join()
    return _rebuilt_rows(own, noticed, worked_at, asked, same=_tokens(house) == tokens)


def _is_closed(address: str) -> bool:
    try:
        get(address)
    except OSError:
        return True
    return False


def _all_live(house: Running) -> bool:
    listed = house.edge.json("GET", "/api/links?per_page=1000", token=TOKEN)
    return all(link["state"] == "live" for link in listed)


def _tokens(house: Running) -> dict[str, str]:
    return {row.dashboard_uid: row.access_token for row in house.grafana.list_public()}


def _keep_asking(house: Running, asked: Sequence[str], stop: threading.Event) -> None:
    """Load the pages again and again, as the notice that visitors see does by itself."""
    base = urlsplit(house.service.base)
    while not stop.wait(_ASK_SECONDS):
        for token in asked:
            connection = http.client.HTTPConnection(str(base.hostname), base.port or 80, timeout=60)
            connection.request("GET", f"/grafana/public-dashboards/{token}")
            connection.getresponse().read()
            connection.close()


def _rebuilt_rows(
    own: float, noticed: float, worked_at: Mapping[str, Worked], asked: Sequence[str], *, same: bool
) -> list[Row]:
    path = f"a rebuilt Grafana, {LINKS} links"
    times = sorted(one.seconds for one in worked_at.values())
    last_look = max(worked_at[token].look for token in asked)
    last_asked = max(worked_at[token].seconds for token in asked)
    before = sum(one.look < last_look for token, one in worked_at.items() if token not in asked)
    ratio = times[-1] / own
    return [
        Row(path, "Grafana's own start", "", f"{own:.1f} s", None),
        Row(path, "the loss is noticed after", "", f"{noticed:.1f} s", None),
        Row(path, "first links work after", "", f"{times[0]:.1f} s", None),
        Row(path, "half of the links", "", f"{times[len(times) // 2]:.1f} s", None),
        Row(path, "all links", "", f"{times[-1]:.1f} s", None),
        Row(path, "all links, against the start", "≤ 1.2 ×", f"{ratio:.2f} ×", ratio <= 1.2),
        Row(path, f"the {ASKED} that visitors ask for, all", "", f"{last_asked:.1f} s", None),
        Row(path, "others that were seen to work before these", "≤ 30", str(before), before <= 30),
        Row(path, "tokens as before", "all", "all" if same else "not all", same),
    ]


if __name__ == "__main__":
    sys.exit(main())
