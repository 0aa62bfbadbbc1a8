"""The real nginx with the rendered configuration, in front of two servers that keep everything that reached them."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from backend_server.runtime.programs import nginx as configuration
from backend_server.runtime.programs.nginx import check_edge, nginx_command, render_edge
from backend_server.runtime.sockets import listens
from backend_server.settings import Settings
from backend_server.settings.topology import web_socket
from tests.support.processes import free_ports, until
from tests.support.unix_http import UnixHttpServer

WHO = "/internal/grafana-user"


@dataclass(frozen=True)
class Arrived:
    """A request as it came out behind nginx; header names are in lower case."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for one, value in self.headers if one == name.lower()]


class _Keeping(BaseHTTPRequestHandler):
    server: Recorder

    def _take(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = tuple((name.lower(), value) for name, value in self.headers.items())
        arrived = Arrived(self.command, self.path, headers, body)
        self.server.arrived.append(arrived)
        status, more, content = self.server.answer(arrived)
        self.send_response(status)
        for name, value in {"X-Server": self.server.name, "Content-Length": str(len(content)), **more}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = _take  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Recorder(UnixHttpServer):
    """Keeps what arrives. As `web` it says who is signed in by the cookie `user=NAME`."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, name: str, path: Path | None = None) -> None:
        super().__init__(_Keeping, path)
        self.name = name
        self.arrived: list[Arrived] = []
        self.more: dict[str, str] = {}
        self.status = 200
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def answer(self, arrived: Arrived) -> tuple[int, Mapping[str, str], bytes]:
        """Return status, headers and body."""
        if self.name == "web" and arrived.path == WHO:
            user = re.search(r"user=([\w@-]+)", "".join(arrived.header("cookie")))
            return (204, {"X-Dashwright-Grafana-User": user[1]}, b"") if user else (401, {}, b"")
        return self.status, self.more, b"x" * 2000

    def close(self) -> None:
        """End."""
        self.shutdown()
        self.server_close()
        self._thread.join()


@dataclass
class Edge:
    """A running nginx and what stands behind it."""

    port: int
    grafana_port: int
    web: Recorder
    grafana: Recorder
    configuration: Path
    process: subprocess.Popen[bytes] = field(repr=False)

    def forget(self) -> None:
        """Forget what arrived."""
        self.web.arrived.clear()
        self.grafana.arrived.clear()


@dataclass(frozen=True)
class Reply:
    """What nginx answered; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


@contextmanager
def running_edge(folder: Path, *, edits: Mapping[str, str] | None = None, **settings: Any) -> Iterator[Edge]:
    """Start nginx; `edits` replaces words of the rendered configuration, to shorten a time."""
    grafana = Recorder("grafana")
    port, grafana_port = free_ports(2)
    chosen = Settings(
        **{
            "data_dir": folder,
            "port": port,
            "grafana_url": f"http://127.0.0.1:{grafana.server_port}/grafana",
            "grafana_home": folder,
            "grafana_port": grafana_port,
            "limit_client": 0,
            **settings,
        }
    )
    web = Recorder("web", web_socket(chosen))
    try:
        with running_nginx(chosen, edits=edits) as (path, process):
            yield Edge(port, grafana_port, web, grafana, path, process)
    finally:
        web.close()
        grafana.close()


@contextmanager
def running_nginx(
    settings: Settings, *, edits: Mapping[str, str] | None = None
) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    """Start nginx with the configuration rendered from the settings; `edits` replaces words of it."""
    path = render_edge(settings)
    text = path.read_text()
    for word, other in (edits or {}).items():
        assert word in text
        text = text.replace(word, other)
    path.write_text(text)
    check_edge(path)
    process = subprocess.Popen(nginx_command(path), stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection((settings.own_host.strip("[]"), settings.port)).close()
                break
            except OSError:
                assert time.monotonic() < deadline, "nginx does not listen"
                time.sleep(0.02)
        yield path, process
    finally:
        process.terminate()
        process.wait(10)


FRONT = """daemon off; pid {folder}/pid; error_log stderr warn;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{
        listen 127.0.0.1:{port};
        location {path}/ {{ proxy_pass http://127.0.0.1:{behind}/; }}
        location / {{ return 418; }}
    }}
}}
"""


@contextmanager
def front_proxy(folder: Path, port: int, behind: int, path: str = "/dash") -> Iterator[str]:
    """Start a frontend's nginx, which knows us below a path alone and takes it off; gives its address."""
    folder.mkdir()
    configuration = folder / "front.conf"
    root = "user root;\n" if os.geteuid() == 0 else ""
    configuration.write_text(root + FRONT.format(folder=folder, port=port, behind=behind, path=path))
    process = subprocess.Popen(nginx_command(configuration), stderr=subprocess.DEVNULL)
    try:
        until(lambda: listens(f"127.0.0.1:{port}"), 60, what="the frontend")
        yield f"http://127.0.0.1:{port}{path}"
    finally:
        process.terminate()
        process.wait(30)


def web_at(settings: Settings, port: int) -> dict[str, str]:
    """Return the edit by which nginx asks a port in place of the socket of `web`."""
    return {f"server unix:{web_socket(settings)};": f"server 127.0.0.1:{port};"}


def ask(port: int, path: str, *lines: str, method: str = "GET", body: bytes = b"", host: str = "board.test") -> Reply:
    """Send the request's bytes as they are: no client library may tidy the path."""
    head = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close", *lines]
    if body:
        head.append(f"Content-Length: {len(body)}")
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode("latin-1") + body)
        raw = b""
        while not is_whole(raw, method) and (part := connection.recv(65_536)):
            raw += part
    return parsed(raw)


def parsed(raw: bytes) -> Reply:
    """Take an answer apart."""
    told, _, content = raw.partition(b"\r\n\r\n")
    status, *rest = told.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}
    return Reply(int(status.split()[1]), headers, content)


def is_whole(raw: bytes, method: str = "GET") -> bool:
    """Whether the announced length is there; a refused body keeps the connection open for a while."""
    head, end, body = raw.partition(b"\r\n\r\n")
    found = re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE)
    return bool(end and (method == "HEAD" or (found and len(body) >= int(found[1]))))


__all__ = [
    "WHO",
    "Arrived",
    "Edge",
    "Recorder",
    "Reply",
    "ask",
    "configuration",
    "is_whole",
    "parsed",
    "running_edge",
    "web_at",
]
