"""gunicorn around the application, as a program of its own: headers, stopping, and a full start from nothing."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from backend_server.runtime.ports import public_claim
from backend_server.settings import Settings
from backend_server.settings.topology import web_address, web_socket
from backend_server.storage.engine.store import Store
from backend_server.wiring.accounts import ensure_first_admin
from tests.support.app import API_TOKEN
from tests.support.unix_http import UnixConnection

PROGRAM = """
import os, sys
from backend_server.settings import load_settings
from backend_server.web.server import serve
serve(load_settings(os.environ))
"""


@dataclass
class Served:
    port: int
    path: Path | None  # of the unix socket, behind the edge
    process: subprocess.Popen[str]
    log: Path

    def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None
    ) -> tuple[int, bytes]:
        connection = (
            UnixConnection(self.path, 20)
            if self.path
            else http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        )
        try:
            sent = {"Authorization": f"Bearer {API_TOKEN}", **(headers or {})}
            connection.request(method, path, body, {name: value for name, value in sent.items() if value})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path, edge=False) as one:
        yield one


@contextmanager
def serving(tmp_path: Path, *, edge: bool, **more: str) -> Iterator[Served]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(tmp_path / "data"),
        "DASHBOARDS_DIR": str(tmp_path / "dashboards"),
        "API_TOKEN": API_TOKEN,
        "PORT": str(port),
        "EDGE": str(edge).lower(),
        "PROMETHEUS_URL": "http://127.0.0.1:9",
        **more,
    }
    settings = Settings(data_dir=tmp_path / "data", dashboards_dir=tmp_path / "dashboards", api_token=API_TOKEN)
    settings.data_dir.mkdir()
    store = Store.open(None, settings.data_dir)
    store.migrate()
    ensure_first_admin(settings, store)
    store.close()
    log = tmp_path / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=Path(__file__).parents[3],
        )
    served = Served(port, web_socket(settings) if edge else None, process, log)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                served.ask("GET", "/api/me")
                break
            except OSError:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
        yield served
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(30)


def test_it_serves_and_stops_within_its_time_while_requests_wait(served: Served) -> None:
    answers: list[int] = []

    def wait() -> None:
        answers.append(served.ask("PUT", "/api/devices/rig-1?wait=30s", JSON, b"{}")[0])

    assert served.ask("PUT", "/api/devices/rig-1", JSON, b"{}")[0] == 201
    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(1)
    began = time.monotonic()
    served.process.send_signal(signal.SIGTERM)
    waiting.join(20)
    assert served.process.wait(20) == 0
    assert time.monotonic() - began < 10
    assert answers == [202], "a waiting request is answered, not cut off"
    log = served.log.read_text()
    assert "Traceback" not in log
    assert API_TOKEN not in log
    assert all(" web " in line for line in log.splitlines()), log


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("header", ["SCRIPT_NAME", "SCRIPT-NAME", "Script-Name", "PATH_INFO", "Path-Info"])
def test_no_header_moves_the_path(served: Served, header: str) -> None:
    assert served.ask("GET", "/api/me", {header: "/api"})[0] == 200
    assert served.ask("GET", "/api/me", {header: "/other"})[0] == 200


@pytest.mark.parametrize("header", ["X-WEBAUTH-USER", "X_WEBAUTH_USER", "X-Forwarded-User", "Remote_User"])
def test_no_header_makes_somebody(served: Served, header: str) -> None:
    assert served.ask("GET", "/api/me", {header: "admin", "Authorization": ""})[0] == 401


CONTRADICTIONS = [
    {"X-Forwarded-Proto": "https", "X-Forwarded-Protocol": "http"},
    {"X-Forwarded-Proto": "https", "X-Forwarded-Protocol": "https"},
    {"X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "off"},
    {"X-Forwarded-Proto": "http", "X-Forwarded-Ssl": "on"},
    {"X-Forwarded-Ssl": "on"},
    {"X-Forwarded-Proto": "wss", "X-Forwarded-Protocol": "ssl", "Front-End-Https": "on"},
]


@pytest.mark.parametrize("edge", [False, True], ids=["web alone", "behind the edge"])
def test_what_proxies_say_of_the_scheme_in_other_ways_refuses_nothing_and_means_nothing(
    tmp_path: Path, edge: bool
) -> None:
    with serving(tmp_path, edge=edge) as served:
        assert served.ask("PUT", "/api/devices/rig-1", JSON, b"{}")[0] == 201
        for headers in CONTRADICTIONS:
            status, body = served.ask("GET", "/api/devices/rig-1", headers)
            assert status == 200, (headers, body)
            scheme = "https" if headers.get("X-Forwarded-Proto") == "https" else "http"
            assert json.loads(body)["link"]["url"].startswith(f"{scheme}://"), headers


def test_what_nginx_lets_in_is_served(tmp_path: Path) -> None:
    with serving(tmp_path, edge=True) as served:
        for headers in (
            {"Cookie": "other=" + "a" * 60_000},
            {f"X-{number}": "y" for number in range(300)},
        ):
            assert served.ask("GET", "/api/me", headers)[0] == 200
        assert served.ask("GET", "/api/me?x=" + "a" * 60_000)[0] == 200


def test_without_the_edge_too_much_is_refused_in_our_words(served: Served) -> None:
    assert served.ask("GET", "/api/me", {"Cookie": "other=" + "a" * 60_000})[0] == 200
    for path, headers, status, code in (
        ("/api/me?x=" + "a" * 9000, {}, 414, "too_long"),
        ("/api/me", {"Cookie": "other=" + "a" * 70_000}, 431, "too_large"),
        ("/api/me", {f"X-{number}": "y" for number in range(300)}, 431, "too_large"),
        ("/api/me", {"Transfer-Encoding": "squeezed"}, 501, "not_implemented"),
        ("/api/me", {"X Y": "a"}, 400, "bad_request"),
    ):
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
        try:
            connection.putrequest("GET", path)
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            assert answer.status == status, (path[:20], list(headers)[:1])
            error = json.loads(answer.read())["error"]
            assert (error["code"], error["request_id"]) == (code, answer.headers["X-Request-Id"])
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cache-Control"] == "no-store"
        finally:
            connection.close()
    assert "Traceback" not in served.log.read_text()


def test_behind_the_edge_its_socket_brings_the_edges_word_and_nobody_else_comes_near(tmp_path: Path) -> None:
    visitor = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "board.test"}
    with serving(tmp_path, edge=True) as served:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", served.port))
        assert served.ask("GET", "/metrics", {"Authorization": ""})[0] == 200
        assert served.ask("GET", "/metrics", {**visitor, "Authorization": ""})[0] == 401, (
            "the edge speaks for a visitor"
        )
        assert served.ask("PUT", "/api/devices/rig-1", {**JSON, **visitor}, b"{}")[0] == 201
        made = json.loads(served.ask("GET", "/api/devices/rig-1", visitor)[1])
        assert made["link"]["url"].startswith("https://board.test/grafana/")
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(20) == 0
        assert served.path is not None
        assert not served.path.exists(), "an end in order leaves no socket"


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        (Settings(edge=False), ("127.0.0.1", 5109)),
        (Settings(edge=False, admin_password="long enough"), ("::", 5109)),
        (Settings(edge=False, listen="::1", port=80), ("::1", 80)),
    ],
    ids=["no password", "with a password", "listen"],
)
def test_where_it_listens(settings: Settings, address: tuple[str, int]) -> None:
    claim = public_claim(settings)
    assert (claim.host, claim.port) == address


def test_the_edge_without_nginx_is_web_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name, path=None: None)
    assert web_address(Settings(edge=True)) == "127.0.0.1:5109"
    assert public_claim(Settings(edge=True)).program == "web"
