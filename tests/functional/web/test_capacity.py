"""Every sort of slow work holds its own threads and no more: health, reading and unchanged devices go on."""

from __future__ import annotations

import http.client
import json
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from backend_server.settings.capacity import ANALYSES, VISITORS, WAITING, WRITERS
from tests.functional.web.test_server import JSON, Served, serving
from tests.support.app import API_TOKEN
from tests.support.processes import until

LIMIT_SECONDS = 120.0


@contextmanager
def silent() -> Iterator[str]:
    """Yield the address of a server that takes every connection and never says anything."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


class Callers:
    """Requests under way, each in a thread, and the statuses of those that were answered."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.statuses: list[int] = []
        self.threads: list[threading.Thread] = []

    def start(self, count: int, ask: Callable[[int], tuple[int, bytes]]) -> None:
        def run(number: int) -> None:
            try:
                self.statuses.append(ask(number)[0])
            except (OSError, http.client.HTTPException):
                self.statuses.append(0)

        for number in range(count):
            thread = threading.Thread(target=run, args=(number,), daemon=True)
            thread.start()
            self.threads.append(thread)


def bulky_spec() -> bytes:
    families = "".join(
        f"  - {{name: fam_{number}, metrics: [{{name: m_{number}_total, type: counter, help: text}}]}}\n"
        for number in range(4000)
    )
    return json.dumps({"source": f"families:\n{families}"}).encode()


def test_all_slow_work_at_once_leaves_health_reading_and_unchanged_devices(tmp_path: Path) -> None:
    with ExitStack() as stack:
        prometheus = stack.enter_context(silent())
        served = stack.enter_context(serving(tmp_path, edge=False, PROMETHEUS_URL=prometheus, LIMIT_CLIENT="0"))
        made = json.loads(served.ask("PUT", "/api/devices/rig-1", JSON, b"{}")[1])
        token = made["link"]["token"]
        served.ask("PATCH", f"/api/links/{token}", JSON, json.dumps({"profile": {"picker": True}}).encode())
        page = json.loads(served.ask("GET", f"/grafana/api/public/dashboards/{token}")[1])
        panel = next(panel["id"] for panel in page["dashboard"]["panels"] if panel.get("targets"))
        database = stack.enter_context(closing(sqlite3.connect(tmp_path / "data" / "dashwright.db")))
        database.execute("BEGIN IMMEDIATE")
        data, spec, callers = f"/grafana/public-dashboards/{token}/panels/{panel}/data", bulky_spec(), Callers(served)

        def visit(number: int) -> tuple[int, bytes]:
            span = json.dumps({"from": f"now-{number + 1}m", "to": "now"}).encode()
            return served.ask("POST", data, {**JSON, "Authorization": ""}, span)

        callers.start(WAITING.threads, lambda _: served.ask("PUT", "/api/devices/rig-1?wait=30s", JSON, b"{}"))
        callers.start(2 * VISITORS.threads, visit)
        callers.start(2 * WRITERS.threads, lambda number: served.ask("PUT", f"/api/devices/new-{number}", JSON, b"{}"))
        callers.start(3 * ANALYSES.threads, lambda _: served.ask("POST", "/api/generator/specs/check", JSON, spec))
        # Refusals say that every share is taken.
        until(lambda: sum(status in (429, 503) for status in callers.statuses) > 3, LIMIT_SECONDS, what="shares full")
        assert any(thread.is_alive() for thread in callers.threads)
        for _ in range(5):
            assert served.ask("GET", "/server/health")[0] in (200, 503)
            assert served.ask("GET", "/api/devices/rig-1")[0] == 200
            assert served.ask("PUT", "/api/devices/rig-1", JSON, b"{}")[0] == 200
        assert served.ask("GET", f"/grafana/public-dashboards/{token}/state", {"Authorization": ""})[0] == 200
        database.rollback()
        assert served.ask("PUT", "/api/devices/after", JSON, b"{}")[0] in (201, 503)


def test_analyses_beyond_their_share_are_asked_to_come_back(tmp_path: Path) -> None:
    sent = bulky_spec()
    with serving(tmp_path, edge=False) as served:
        found: list[tuple[int, str | None]] = []

        def check() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=LIMIT_SECONDS)
            headers = {**JSON, "Authorization": f"Bearer {API_TOKEN}"}
            connection.request("POST", "/api/generator/specs/check", sent, headers)
            answer = connection.getresponse()
            answer.read()
            found.append((answer.status, answer.headers["Retry-After"]))
            connection.close()

        threads = [threading.Thread(target=check) for _ in range(4 * ANALYSES.threads)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LIMIT_SECONDS)
        assert {status for status, _ in found} == {200, 503}
        assert all(wait is not None and wait.isdigit() for status, wait in found if status == 503)
