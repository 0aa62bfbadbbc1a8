"""The real nginx with the rendered configuration, in front of a server that tells what reached it."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from backend_server.errors import ConfigError
from backend_server.primitives.identity_headers import IDENTITY_HEADERS
from backend_server.runtime.programs import nginx as configuration
from backend_server.runtime.programs.nginx import ERRORS, check_edge, nginx_command, render_edge
from backend_server.settings import Settings
from backend_server.settings.topology import web_socket
from tests.support.edge import running_nginx
from tests.support.unix_http import UnixHttpServer


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


class _Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked; its name stands in the header `X-Server`."""

    server: EchoServer

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.dumps(
            {"path": self.path, "headers": self.headers.items(), "body": len(self.rfile.read(length))}
        ).encode()
        self.server.asked.append(self.path)
        self.send_response(401 if self.path == "/internal/grafana-user" else 200)  # nobody is signed in
        self.send_header("X-Server", self.server.name)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_POST = do_PUT = do_HEAD = do_DELETE = do_GET  # noqa: N815  # http.server's names

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class EchoServer(UnixHttpServer):
    daemon_threads = False

    def __init__(self, name: str, path: Path | None = None) -> None:
        super().__init__(_Echo, path)
        self.name = name
        self.asked: list[str] = []
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        self.thread.join()


@dataclass(frozen=True)
class Edge:
    """A running nginx and what stands behind it."""

    port: int
    web: EchoServer
    grafana: EchoServer
    configuration: Path


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def seen(self) -> dict[str, list[str]]:
        """The headers that arrived behind, names in lower case."""
        found: dict[str, list[str]] = {}
        for name, value in json.loads(self.body)["headers"]:
            found.setdefault(name.lower(), []).append(value)
        return found


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    grafana = EchoServer("grafana")
    folder = tmp_path_factory.mktemp("edge")
    (folder / "assets").mkdir()
    (folder / "assets" / "viewer-1a2b.js").write_text("export {};" * 200)
    patch = pytest.MonkeyPatch()
    patch.setattr(configuration, "shipped_assets", lambda: folder / "assets")
    port = free_port()
    settings = Settings(
        data_dir=folder,
        port=port,
        grafana_url=f"http://127.0.0.1:{grafana.server_port}/grafana",
    )
    web = EchoServer("web", web_socket(settings))
    path = render_edge(settings)
    check_edge(path)
    process = subprocess.Popen(nginx_command(path))
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.02)
    yield Edge(port, web, grafana, path)
    process.terminate()
    process.wait(5)
    web.close()
    grafana.close()
    patch.undo()


def ask(edge: Edge, path: str, *lines: str, method: str = "GET", body: bytes = b"", host: str = "127.0.0.1") -> Answer:
    """Send the request's bytes as they are: no client library may tidy the path."""
    head = [f"{method} {path} HTTP/1.1", f"Host: board.test:{edge.port}", "Connection: close", *lines]
    if body:
        head.append(f"Content-Length: {len(body)}")
    with socket.create_connection((host, edge.port), timeout=30) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode("latin-1") + body)
        raw = b""
        while not _is_whole(raw) and (part := connection.recv(65_536)):
            raw += part
    told, _, content = raw.partition(b"\r\n\r\n")
    status, *rest = told.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}
    return Answer(int(status.split()[1]), headers, content)


def _is_whole(raw: bytes) -> bool:
    """Whether the announced length is there; a refused body keeps the connection open for a while."""
    head, end, body = raw.partition(b"\r\n\r\n")
    found = re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE)
    return bool(end and found and len(body) >= int(found[1]))


STATIC = "/grafana/public/build/app.1.js"
PROXIED = ["/", "/api/devices", "/grafana/public-dashboards/abc", "/grafana/api/health", STATIC, "/metrics"]


@pytest.mark.parametrize("path", PROXIED)
def test_no_client_can_say_who_it_is_in_any_location(edge: Edge, path: str) -> None:
    spellings = [*IDENTITY_HEADERS, "x-webauth-user", "X_WEBAUTH_USER", "X-Webauth_User"]
    for start in range(0, len(spellings), 15):
        answer = ask(edge, path, *[f"{name}: admin-by-header" for name in spellings[start : start + 15]])
        assert answer.status == 200
        assert b"admin-by-header" not in answer.body


def test_every_proxied_location_takes_its_headers_from_an_include_and_sets_none_itself(edge: Edge) -> None:
    text = edge.configuration.read_text()
    for block in re.findall(r"location [^{]*\{([^}]*)\}", text):
        if "proxy_pass" in block:
            assert re.search(r"include \S+/to_(web|sign_in|grafana\w*)\.conf;", block)
    assert "proxy_set_header" not in text.replace("# Every", "")


def test_forwarding_headers_are_overwritten_not_appended(edge: Edge) -> None:
    seen = ask(edge, "/", "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil.test").seen
    assert seen["x-forwarded-for"] == ["127.0.0.1"]
    assert seen["x-forwarded-proto"] == ["http"]
    assert seen["x-forwarded-host"] == [f"board.test:{edge.port}"]


HOW_IT_CAME = (
    "X-Forwarded-Protocol",
    "X-Forwarded-Ssl",
    "X-Forwarded-Scheme",
    "X-Forwarded-Server",
    "X-Url-Scheme",
    "X-Scheme",
    "Front-End-Https",
    "X-Real-IP",
    "X-Client-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
    "X-HTTP-Method-Override",
    "Via",
)


@pytest.mark.parametrize("path", PROXIED)
def test_how_a_client_came_and_by_which_address_is_not_its_own_to_say(edge: Edge, path: str) -> None:
    # A query of its own, so that what is kept of a static file does not answer.
    seen = ask(edge, f"{path}?how=it-came", *[f"{name}: https" for name in HOW_IT_CAME]).seen
    assert not {name.lower() for name in HOW_IT_CAME} & seen.keys()


def test_web_gets_cookie_and_token_and_grafana_gets_neither(edge: Edge) -> None:
    lines = ("Cookie: session=1", "Authorization: Bearer x")
    assert {"cookie", "authorization"} <= ask(edge, "/api/devices", *lines).seen.keys()
    assert not {"cookie", "authorization"} & ask(edge, STATIC, *lines).seen.keys()


def test_grafana_is_reached_for_static_files_only(edge: Edge) -> None:
    edge.grafana.asked.clear()
    for path in (
        "/grafana/",
        "/grafana/login",
        "/grafana/api/dashboards/home",
        "/grafana/metrics",
        "/grafana/public/test",
        "/grafana/apis/x",
        "/grafana/avatar/1",
        "/grafana/public/emails/x.html",
    ):
        assert ask(edge, path).headers["x-server"] == "web"
    assert ask(edge, STATIC.replace("app.1", "app.2")).headers["x-server"] == "grafana"
    # Its health is worded by `web`: an answer of whatever stands there is handed to nobody as it came.
    assert ask(edge, "/grafana/api/health").headers["x-server"] == "web"
    assert len(edge.grafana.asked) == 1
    assert ask(edge, STATIC, method="POST", body=b"x").status in (403, 405)


def test_a_static_file_of_grafana_is_asked_for_once(edge: Edge) -> None:
    path = "/grafana/public/build/once.js"
    answers = [ask(edge, path) for _ in range(3)]
    assert {answer.status for answer in answers} == {200}
    assert edge.grafana.asked.count(path) == 1


@pytest.mark.parametrize(
    "path",
    [
        "/grafana/..%2fapi/admin",
        "/grafana/%2e%2e/api",
        "/grafana/../api",
        "/grafana/public/build/../../api/admin",
        "/grafana../x",
        "/grafana//api",
        "//evil.test/",
        "/grafana/public\\build",
        "/grafana/public%5cbuild",
        "/a/./b",
        "/api/devices/../users",
        "/a%2Fb",
        "/grafana/..;/api",
        "/x%00",
    ],
)
def test_a_path_that_can_be_read_in_two_ways_reaches_nobody(edge: Edge, path: str) -> None:
    edge.web.asked.clear()
    edge.grafana.asked.clear()
    answer = ask(edge, path)
    assert answer.status == 400
    assert json.loads(answer.body)["error"]["code"] == "bad_request"
    assert edge.web.asked == edge.grafana.asked == []


@pytest.mark.parametrize("path", ["/api/devices/a..b", "/login?next=%2Fdevices%2F..", "/s/slug?from=now-1h&x=a//b"])
def test_a_query_and_a_device_id_may_hold_what_a_path_may_not(edge: Edge, path: str) -> None:
    answer = ask(edge, path)
    assert answer.status == 200
    assert json.loads(answer.body)["path"] == path


def test_the_viewers_files_come_from_the_disk_compressed_and_for_ever(edge: Edge) -> None:
    edge.web.asked.clear()
    answer = ask(edge, "/grafana/dashwright/assets/viewer-1a2b.js", "Accept-Encoding: gzip")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/javascript"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert ask(edge, "/grafana/dashwright/assets/none.js").status == 404
    assert edge.web.asked == []


def test_too_much_is_refused_in_our_words(edge: Edge) -> None:
    large = ask(edge, "/api/devices", "Content-Length: 99999999", method="POST")
    assert large.status == 413
    assert json.loads(large.body)["error"]["code"] == "too_large"
    for refused, status, code in (
        (ask(edge, "/" + "a" * 70_000), 414, "too_large"),
        (ask(edge, "/", f"X-Much: {'y' * 70_000}"), 431, "too_large"),
        (ask(edge, "/", *[f"X-{n}: {'y' * 60_000}" for n in range(6)]), 431, "too_large"),
        (ask(edge, "/", "Transfer-Encoding: squeezed", method="POST"), 501, "not_implemented"),
    ):
        assert refused.status == status
        assert json.loads(refused.body)["error"]["code"] == code
        assert refused.headers["x-content-type-options"] == "nosniff"
        assert refused.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("listen", ["::", "0.0.0.0", "::1"])
def test_everywhere_is_ipv4_and_ipv6_each_by_its_own_name(tmp_path: Path, listen: str) -> None:
    settings = Settings(data_dir=tmp_path, port=free_port(), listen=listen, limit_client=0)
    reached = []
    with running_nginx(settings) as (path, _process):
        web = EchoServer("web", web_socket(settings))
        try:
            for host in ("127.0.0.1", "::1"):
                try:
                    answer = ask(Edge(settings.port, web, web, path), "/", host=host)
                except ConnectionRefusedError:
                    continue
                assert answer.seen["x-forwarded-for"] == [host]
                reached.append(host)
        finally:
            web.close()
    assert reached == {"::": ["127.0.0.1", "::1"], "0.0.0.0": ["127.0.0.1"], "::1": ["::1"]}[listen]


def test_a_web_that_is_down_is_a_clear_answer(edge: Edge, tmp_path: Path) -> None:
    port = free_port()
    path = render_edge(Settings(data_dir=tmp_path, port=port))
    process = subprocess.Popen(nginx_command(path))
    try:
        deadline = time.monotonic() + 5
        while True:
            try:
                answer = ask(Edge(port, edge.web, edge.grafana, path), "/")
                break
            except ConnectionError:
                assert time.monotonic() < deadline
                time.sleep(0.02)
    finally:
        process.terminate()
        process.wait(5)
    assert answer.status == 502
    told = json.loads(answer.body)["error"]
    assert told["code"] == "unavailable"
    assert told["request_id"] == answer.headers["x-request-id"]


def test_it_runs_without_root_and_writes_below_its_folder_only(edge: Edge) -> None:
    text = edge.configuration.read_text()
    assert bool(re.search(r"^\s*user\s", text, re.MULTILINE)) == (os.geteuid() == 0)
    run = str(edge.configuration.parent)
    for line in re.findall(r"^\s*(?:pid|\w+_temp_path|proxy_cache_path) (\S+)", text, re.MULTILINE):
        assert line.startswith(run)


def test_every_error_nginx_can_give_is_worded() -> None:
    assert len({status for status, _, _ in ERRORS}) == len(ERRORS)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"listen": "board.test"}, "LISTEN is 'board.test'; it must be an IP address"),
        ({"data_dir": Path("/tmp/a;b")}, "holds a blank or a sign that nginx reads in its own way"),
    ],
)
def test_a_setting_nginx_cannot_take_is_told(settings: dict[str, object], told: str, tmp_path: Path) -> None:
    given = {"data_dir": tmp_path, **settings}
    with pytest.raises(ConfigError, match=re.escape(told)):
        render_edge(Settings.model_validate(given))
