"""HTTP over a unix socket in tests: a server that listens on one, and a client's connection to one."""

from __future__ import annotations

import http.client
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class UnixHttpServer(ThreadingHTTPServer):
    """Like its parent; with a path it listens on a unix socket there, as `web` does behind the edge."""

    def __init__(self, handler: type[BaseHTTPRequestHandler], path: Path | None = None) -> None:
        self._path = path
        if path is not None:
            self.address_family = socket.AF_UNIX
            path.parent.mkdir(parents=True, exist_ok=True)
        super().__init__(("127.0.0.1", 0), handler)

    def server_bind(self) -> None:
        """Bind, without asking for the name of a path."""
        if self._path is None:
            super().server_bind()
            return
        self.socket.bind(str(self._path))
        self.server_name, self.server_port = "localhost", 0

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client who went away, which a unix socket tells at the next write."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class UnixConnection(http.client.HTTPConnection):
    """A client's connection to a unix socket."""

    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Connect to the path."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
