"""A small threaded HTTP/1.1 server whose port can be closed and opened again, and which leaves no thread behind."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.fakes.grafana.answers import Answer
from tests.fakes.grafana.faults import Plan

# Gives the answer and what shall happen to it on the wire.
Serving = Callable[[str, str, dict[str, str], bytes, str], tuple[Answer, Plan, dict[str, str]]]


class HttpServer:
    """Listens on loopback; `port` 0 takes a free one, which stays the same over `close_port` and `open_port`."""

    def __init__(self, serving: Serving, port: int) -> None:
        self.serving = serving
        self.port = port
        self._listener: socket.socket | None = None
        self._reserved: socket.socket | None = None
        self._accepting: threading.Thread | None = None
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()

    def reserve_port(self) -> None:
        """Take the port without listening: it is known, and connections are refused."""
        if self._reserved is None:
            self._reserved = socket.socket()
            self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._reserved.bind(("127.0.0.1", self.port))
            self.port = self._reserved.getsockname()[1]

    def open_port(self) -> None:
        if self._listener is not None:
            return
        self.reserve_port()
        listener, self._reserved = self._reserved, None
        assert listener is not None
        listener.listen(128)
        self._listener = listener
        self._accepting = threading.Thread(target=self._accept, args=(listener,), name="fake-grafana-accept")
        self._accepting.start()

    def close_port(self) -> None:
        """Refuse connections and cut the open ones."""
        listener, self._listener = self._listener, None
        if self._reserved is not None:
            self._reserved.close()
            self._reserved = None
        if listener is None:
            return
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        assert self._accepting is not None
        self._accepting.join()
        with self._lock:
            open_now = list(self._connections.items())
        for connection, _ in open_now:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for _, thread in open_now:
            if thread is not threading.current_thread():
                thread.join(10)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, peer = listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection, peer), name="fake-grafana")
            with self._lock:
                self._connections[connection] = thread
            thread.start()

    def _serve(self, connection: socket.socket, peer: Any) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with contextlib.suppress(OSError):
                _Handler(connection, peer, self)
        finally:
            with self._lock:
                self._connections.pop(connection, None)
            connection.close()


class _Cut(OSError):
    """Ends a connection on purpose."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "fake"

    def log_message(self, *_: object) -> None:
        """Say nothing; `fake.requests` is the log."""

    def handle_request(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        headers = {name.lower(): value for name, value in self.headers.items()}
        server: Any = self.server
        answer, plan, extra = server.serving(self.command, self.path, headers, body, self.client_address[0])
        if plan.drop:
            raise _Cut
        self.send_response_only(answer.status)
        self.send_header("Date", self.date_time_string())
        for name, value in {**extra, **answer.headers}.items():
            self.send_header(name, value)
        content = b"" if self.command == "HEAD" else answer.body
        self.send_header("Content-Length", str(len(answer.body)))
        if not plan.drip_seconds:
            self._headers_buffer.append(b"\r\n" + content)  # type: ignore[attr-defined]  # one write for head and body
            self.flush_headers()
            return
        self.end_headers()
        for place in range(len(content)):
            self.wfile.write(content[place : place + 1])
            time.sleep(plan.drip_seconds)


for _verb in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
    setattr(_Handler, f"do_{_verb}", _Handler.handle_request)
