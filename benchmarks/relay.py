"""Relay and check: what they add over asking the (fake) Grafana directly, whether 1,000 links cost more than one, and
how many questions 100 viewers with different widths and clocks cause.

Run `python -m benchmarks.relay`. The whole service runs as in the image (nginx, `web`, worker, SQLite), with the fake
Grafana as a process of its own. One client asks the fake itself, `web` on its socket, and nginx on the public port in
turn, one call each, over connections it keeps.
"""

from __future__ import annotations

import http.client
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from backend_server.grafana import GrafanaClient
from backend_server.primitives.socket_paths import socket_path
from backend_server.settings.topology import WEB_SOCKET
from benchmarks.relay_viewers import shared_rows
from benchmarks.report import Row, print_rows
from tests.support.container import TOKEN, environment_for, running
from tests.support.processes import until
from tests.support.unix_http import UnixConnection

ROUNDS = 400
LINKS = 1000
HOUR_MS = 3_600_000


class Caller:
    """One kept connection to a server, as a browser has it."""

    def __init__(self, connection: http.client.HTTPConnection) -> None:
        self._connection = connection

    def json(self, method: str, path: str, body: object = None, *, token: str = "") -> Any:
        """Ask for JSON; a refusal is an error of the benchmark."""
        raw = None if body is None else orjson.dumps(body)
        return orjson.loads(self.ask(method, path, raw, token=token) or b"null")

    def ask(self, method: str, path: str, body: bytes | None = None, *, token: str = "") -> bytes:
        """Ask and give the body."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        read = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {read[:300]!r}")
        return read

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


@dataclass(frozen=True)
class Relaying:
    """The three doors, a link's token, Grafana's own token behind it, and a panel that asks."""

    grafana: Caller
    web: Caller
    edge: Caller
    link: str
    real: str
    document: str
    panel: int


def main() -> int:
    """Measure and print; the exit code says whether every aim was met."""
    with tempfile.TemporaryDirectory() as folder, _relaying(Path(folder)) as doors:
        rows = [*_added(doors), *_many(doors)]
    rows += shared_rows()
    print_rows(rows)
    return 0 if all(row.met is not False for row in rows) else 1


@contextmanager
def _relaying(folder: Path) -> Iterator[Relaying]:
    folder.chmod(0o755)
    environment = environment_for(folder, LIMIT_LINK="0")
    address = urlsplit(environment["GRAFANA_URL"])
    with running(folder, environment) as service:
        service.wait_ready()
        grafana = Caller(http.client.HTTPConnection(str(address.hostname), address.port or 80, timeout=20))
        socket = socket_path((Path(environment["DATA_DIR"]) / "run").resolve(), WEB_SOCKET)
        web = Caller(UnixConnection(socket, 20))
        edge = Caller(http.client.HTTPConnection("127.0.0.1", int(environment["PORT"]), timeout=20))
        device = edge.json("PUT", "/api/devices/rig-1?wait=20s", {"hostname": "Rig 1"}, token=TOKEN)
        link, document = device["link"]["token"], device["dashboards"][0]["uid"]
        client = GrafanaClient(environment["GRAFANA_URL"], user="admin")
        until(lambda: client.public_of(document) is not None, 60, what="the dashboard is published")
        public = client.public_of(document)
        client.close()
        assert public is not None
        shown = grafana.json("GET", f"/grafana/api/public/dashboards/{public.access_token}")["dashboard"]
        panel = next(panel["id"] for panel in shown["panels"] if panel.get("targets"))
        edge.json("PATCH", f"/api/links/{link}", {"profile": {"picker": True}}, token=TOKEN)
        yield Relaying(grafana, web, edge, link, public.access_token, document, panel)
        for door in (grafana, web, edge):
            door.close()


def _added(doors: Relaying) -> list[Row]:
    """Compare each route with the same call sent to Grafana directly; every panel query misses the cache."""
    moments = itertools.count(int(time.time() * 1000) // HOUR_MS * HOUR_MS, -HOUR_MS)

    def query(door: Caller, token: str) -> Callable[[], object]:
        path = f"/grafana/api/public/dashboards/{token}/panels/{doors.panel}/query"
        return lambda: door.ask("POST", path, _query(next(moments)))

    def get(path: str) -> Callable[[Caller, str], Callable[[], object]]:
        return lambda door, token: lambda: door.ask("GET", path.format(token))

    routes = {
        "page": get("/grafana/public-dashboards/{}?theme=light"),
        "dashboard JSON": get("/grafana/api/public/dashboards/{}"),
        "panel query": query,
        "annotations": get("/grafana/api/public/dashboards/{}/annotations"),
    }
    rows = []
    for name, call in routes.items():
        direct, web, edge = in_turn(
            call(doors.grafana, doors.real), call(doors.web, doors.link), call(doors.edge, doors.link)
        )
        rows.append(Row("relay", f"{name}, direct", "", f"{direct:.2f} ms", None))
        added = web - direct
        rows.append(Row("relay", f"{name}, relay and check add", "≤ 2 ms median", f"{added:+.2f} ms", added <= 2))
        rows.append(Row("relay", f"{name}, with nginx in front", "", f"{edge - direct:+.2f} ms", None))
    return rows


def _many(doors: Relaying) -> list[Row]:
    """Ask through one link again and again, then through 1,000 links in turn; the answer comes from the cache."""
    made = [
        doors.web.json("POST", "/api/links", {"device": "rig-1", "profile": {"picker": True}}, token=TOKEN)["token"]
        for _ in range(LINKS)
    ]
    names, body = itertools.cycle(made), _query(int(time.time() * 1000) // HOUR_MS * HOUR_MS)

    def ask(token: str) -> object:
        return doors.web.ask("POST", f"/grafana/api/public/dashboards/{token}/panels/{doors.panel}/query", body)

    for token in made:
        ask(token)
    one, many = in_turn(lambda: ask(doors.link), lambda: ask(next(names)))
    return [
        Row("links", "panel query from the cache, 1 link", "", f"{one:.3f} ms", None),
        Row("links", f"the same over {LINKS} links", "≤ 1.25 × one", f"{many / one:.2f} ×", many <= 1.25 * one),
    ]


def _query(end_ms: int) -> bytes:
    span = {"from": str(end_ms - 900_000), "to": str(end_ms), "timezone": "utc"}
    return orjson.dumps({"intervalMs": 5000, "maxDataPoints": 620, "timeRange": span})


def in_turn(*calls: Callable[[], object]) -> list[float]:
    """Make the calls in turn, many times; give each one's median in milliseconds."""
    times: list[list[float]] = [[] for _ in calls]
    for call in calls:
        call()
    for _ in range(ROUNDS):
        for call, taken in zip(calls, times, strict=True):
            began = time.perf_counter()
            call()
            taken.append((time.perf_counter() - began) * 1000)
    return [statistics.median(taken) for taken in times]


if __name__ == "__main__":
    sys.exit(main())
