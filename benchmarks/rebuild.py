"""A Grafana that lost its database, and a first registration: when 300 links work again, and when they first do.

Run `python -m benchmarks.rebuild`. The whole service runs as in the image (nginx, `web`, worker, SQLite), with the fake
Grafana as a process of its own, killed and started again by supervisor: what it knew is gone then, as with a database.
Each link is counted once a visitor's request through nginx and the relay got its dashboard.

The fake's times are those of a running 12.4.0: 11 ms for each new file and the measured median of each call, a start of
44 s with 300 files as on a loaded machine. `--load 8` makes files and calls eight times slower as well.
"""

from __future__ import annotations

import argparse
import http.client
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from backend_server.grafana import GrafanaClient
from benchmarks.relay import Caller
from benchmarks.report import Row, print_rows
from tests.fakes.grafana.costs import FILE_SECONDS
from tests.support.container import TOKEN, Container, environment_for, running
from tests.support.processes import get, until

LINKS = 300
ASKED = 10  # open pages of visitors, while Grafana is away and after
_LOOK_SECONDS = 0.1
_ASK_SECONDS = 2.0
_AT_MOST_SECONDS = 600.0


@dataclass(frozen=True)
class Running:
    """The service, a way in for visitors, and a way to Grafana itself."""

    service: Container
    edge: Caller
    grafana: GrafanaClient
    walk_seconds: float
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
        rows = _registered(house, _worked_at(house, links, began))
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
        yield Running(service, edge, grafana, walk, start_seconds)
        grafana.close()
        edge.close()


def _register(house: Running) -> list[str]:
    """Register all devices in one call; gives the tokens of their links."""
    devices = [{"id": f"rig-{number:03}", "hostname": f"Rig {number}"} for number in range(LINKS)]
    answers = house.edge.json("POST", "/api/devices/batch", devices, token=TOKEN)
    return [answer["link"]["token"] for answer in answers["results"]]


def _worked_at(
    house: Running, links: Sequence[str], began: float, *, asking: Callable[[], object] = lambda: None
) -> dict[str, float]:
    """Return by link how long it took until a visitor's request got its dashboard, in the order in which they did."""
    found: dict[str, float] = {}
    wanted = set(links)
    while wanted:
        if time.monotonic() - began > _AT_MOST_SECONDS:
            raise SystemExit(f"{len(wanted)} of {len(links)} links do not work")
        listed = house.edge.json("GET", "/api/links?per_page=1000", token=TOKEN)
        for token in [link["token"] for link in listed if link["state"] == "live" and link["token"] in wanted]:
            if _shown(house, token):
                found[token] = time.monotonic() - began
                wanted.discard(token)
        asking()
        time.sleep(_LOOK_SECONDS)
    return found


def _shown(house: Running, token: str) -> bool:
    return get(f"{house.service.base}/grafana/api/public/dashboards/{token}")[0] == 200


def _registered(house: Running, worked_at: Mapping[str, float]) -> list[Row]:
    times = sorted(worked_at.values())
    ratio = times[-1] / house.walk_seconds
    path = f"first registration of {LINKS}"
    return [
        Row(path, "Grafana's own walk over the new files", "", f"{house.walk_seconds:.1f} s", None),
        Row(path, "first link works after", "", f"{times[0]:.1f} s", None),
        Row(path, "half of the links", "", f"{times[len(times) // 2]:.1f} s", None),
        Row(path, "all links", "", f"{times[-1]:.1f} s", None),
        Row(path, "all links, against the walk", "≤ 1.2 ×", f"{ratio:.2f} ×", ratio <= 1.2),
        Row(
            path,
            "all links, against Grafana's own start",
            "≤ 1.2 ×",
            f"{times[-1] / house.start_seconds:.2f} ×",
            times[-1] <= 1.2 * house.start_seconds,
        ),
    ]


def _rebuilt(house: Running, links: Sequence[str]) -> list[Row]:
    """Take Grafana's database away, and let a few visitors ask for their links all the while."""
    tokens = {row.dashboard_uid: row.access_token for row in house.grafana.list_public()}
    asked = list(links[7 :: LINKS // ASKED][:ASKED])
    stop = threading.Event()
    visitors = threading.Thread(target=_keep_asking, args=(house, asked, stop))
    began = time.monotonic()
    os.kill(house.service.status()["grafana"][1], signal.SIGKILL)
    visitors.start()
    try:
        address = f"{house.service.environment['GRAFANA_URL']}/api/health"
        until(lambda: get(address)[0] == 200, house.start_seconds + 300, what="Grafana is back")
        own = time.monotonic() - began
        until(lambda: not _all_live(house), 120, what="the loss was noticed")
        noticed = time.monotonic() - began
        worked_at = _worked_at(house, links, began)
    finally:
        stop.set()
        visitors.join()
    return _rebuilt_rows(own, noticed, worked_at, asked, same=_tokens(house) == tokens)


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
    own: float, noticed: float, worked_at: Mapping[str, float], asked: Sequence[str], *, same: bool
) -> list[Row]:
    path = f"a rebuilt Grafana, {LINKS} links"
    times = sorted(worked_at.values())
    in_order = sorted(worked_at, key=worked_at.__getitem__)
    last_asked = max(in_order.index(token) for token in asked) + 1
    ratio = times[-1] / own
    return [
        Row(path, "Grafana's own start", "", f"{own:.1f} s", None),
        Row(path, "the loss is noticed after", "", f"{noticed:.1f} s", None),
        Row(path, "first link works after", "", f"{times[0]:.1f} s", None),
        Row(path, "half of the links", "", f"{times[len(times) // 2]:.1f} s", None),
        Row(path, "all links", "", f"{times[-1]:.1f} s", None),
        Row(path, "all links, against the start", "≤ 1.2 ×", f"{ratio:.2f} ×", ratio <= 1.2),
        Row(path, f"the {ASKED} that visitors ask for are among the first", "≤ 40", f"{last_asked}", last_asked <= 40),
        Row(path, "tokens as before", "all", "all" if same else "not all", same),
    ]


if __name__ == "__main__":
    sys.exit(main())
