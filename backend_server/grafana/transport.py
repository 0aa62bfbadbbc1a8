"""HTTP to one Grafana over kept connections: a total deadline for each call, a cap on bytes, no redirects, no proxies.

Built on `http.client` rather than `requests`: a read timeout starts anew with every byte, so a dripping server held a
call for 49 s; here each receive gets only what is left of the deadline. `requests` also carries our identity header to
redirect targets and environment proxies; this room follows and reads neither.
"""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from io import BufferedReader, RawIOBase
from typing import Any
from urllib.parse import urlsplit

import orjson

from backend_server.errors import ConfigError

from .errors import GrafanaError, GrafanaOddAnswer, GrafanaTimeout, GrafanaUnreachable

_KEPT_CONNECTIONS = 32
_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """What came back: status, headers with lower-case names (the last of doubled ones), the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """The `Content-Type`, or an empty text."""
        return self.headers.get("content-type", "")


class _DeadlinePassed(Exception):
    """Inside this module: the total deadline passed."""


class _Receiver(RawIOBase):
    """Reads a socket; every receive is allowed only what is left of the deadline."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # the stub's type is the private WriteableBuffer
        connection = self._connection
        connection.stream.settimeout(connection.left())
        return connection.stream.recv_into(buffer)


class _DeadlineSocket:
    """What `http.client` sees as its socket: only sending and the reader.

    It closes the socket before the body of a last answer is read, so closing is left to `_Connection.hang_up`.
    """

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection

    def sendall(self, data: bytes) -> None:
        stream = self._connection.stream
        stream.settimeout(self._connection.left())
        stream.sendall(data)

    def makefile(self, _mode: str) -> BufferedReader:
        return BufferedReader(_Receiver(self._connection), _CHUNK)

    def close(self) -> None:
        """Leave the stream open for the answer still to be read."""


class _Connection(http.client.HTTPConnection):
    """One kept connection whose every wait is measured against the call's deadline."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext | None) -> None:
        super().__init__(host, port)
        self._stream: socket.socket | None = None
        self._context = context
        self.deadline = 0.0
        self.fresh = True

    def left(self) -> float:
        """Return the seconds left; raises when there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise _DeadlinePassed
        return left

    def connect(self) -> None:
        self._stream = socket.create_connection((self.host, self.port), self.left())
        self._stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._context is not None:
            self._stream.settimeout(self.left())
            self._stream = self._context.wrap_socket(self._stream, server_hostname=self.host)
        self.sock = _DeadlineSocket(self)

    @property
    def stream(self) -> socket.socket:
        """The open socket."""
        assert self._stream is not None
        return self._stream

    def hang_up(self) -> None:
        """Close the connection for good."""
        self.close()
        if self._stream is not None:
            self._stream.close()

    def alive(self) -> bool:
        """Whether a kept connection can be used again: whatever is readable now is the peer's good-bye."""
        poller = select.poll()
        poller.register(self.stream, select.POLLIN)
        return not poller.poll(0)


class Transport:
    """Sends requests to one base URL; safe to use from many threads.

    `cap_bytes` bounds the body of an answer, `timeout_seconds` the whole call from connecting to the last byte.
    """

    def __init__(self, base_url: str, *, timeout_seconds: float, cap_bytes: int) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError(f"GRAFANA_URL is {base_url!r}; it must look like http://host:port/path")
        self._host = parts.hostname
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._prefix = parts.path.rstrip("/")
        self._context = ssl.create_default_context() if parts.scheme == "https" else None
        self._timeout_seconds = timeout_seconds
        self._cap_bytes = cap_bytes
        self._idle: list[_Connection] = []
        self._lock = threading.Lock()

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        timeout_seconds: float | None = None,
    ) -> RawAnswer:
        """Make one call below the base URL; redirects are given back as they are.

        A read (GET) that met a connection the peer had closed is sent once more on a fresh one; nothing else is ever
        sent twice, because it may have taken effect. Raises GrafanaUnreachable, GrafanaTimeout or GrafanaOddAnswer.
        """
        deadline = time.monotonic() + (self._timeout_seconds if timeout_seconds is None else timeout_seconds)
        connection = self._take(deadline)
        try:
            return self._exchange(connection, method, path, headers, body)
        except GrafanaUnreachable:
            if connection.fresh or method != "GET":
                raise
        return self._exchange(self._fresh(deadline), method, path, headers, body)

    def close(self) -> None:
        """Close the kept connections; later calls open new ones."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.hang_up()

    def _exchange(
        self, connection: _Connection, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> RawAnswer:
        shown = path.partition("?")[0]
        keep = False
        try:
            connection.request(
                method,
                self._prefix + path,
                body=body,
                headers={**headers, "Accept-Encoding": "identity", **({} if body else _no_body(method))},
            )
            response = connection.getresponse()
            content = self._read(response, method, shown)
            keep = not response.will_close
            return RawAnswer(response.status, {name.lower(): text for name, text in response.getheaders()}, content)
        except (_DeadlinePassed, TimeoutError) as fault:
            raise GrafanaTimeout(
                f"Grafana did not finish its answer to {method} {shown} in time; it may be overloaded or restarting",
                method=method,
                path=shown,
            ) from fault
        except ConnectionRefusedError as fault:
            raise GrafanaUnreachable(
                f"Grafana accepts no connections ({method} {shown}); it is starting or not running",
                method=method,
                path=shown,
                starting=True,
            ) from fault
        except (OSError, http.client.HTTPException) as fault:
            raise GrafanaUnreachable(
                f"The connection to Grafana broke during {method} {shown} ({type(fault).__name__})",
                method=method,
                path=shown,
            ) from fault
        finally:
            self._give_back(connection, keep)

    def _read(self, response: http.client.HTTPResponse, method: str, shown: str) -> bytes:
        parts: list[bytes] = []
        room = self._cap_bytes
        while chunk := response.read(min(_CHUNK, room + 1)) if room >= 0 else b"":
            room -= len(chunk)
            if room < 0:
                raise GrafanaOddAnswer(
                    f"Grafana's answer to {method} {shown} is larger than {self._cap_bytes} bytes",
                    method=method,
                    path=shown,
                    status=response.status,
                )
            parts.append(chunk)
        if response.length:
            raise http.client.IncompleteRead(b"", response.length)
        return b"".join(parts)

    def _take(self, deadline: float) -> _Connection:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                return self._fresh(deadline)
            if connection.alive():
                connection.deadline, connection.fresh = deadline, False
                return connection
            connection.hang_up()

    def _fresh(self, deadline: float) -> _Connection:
        connection = _Connection(self._host, self._port, self._context)
        connection.deadline = deadline
        return connection

    def _give_back(self, connection: _Connection, keep: bool) -> None:
        with self._lock:
            kept = keep and len(self._idle) < _KEPT_CONNECTIONS
            if kept:
                self._idle.append(connection)
        if not kept:
            connection.hang_up()


def _no_body(method: str) -> dict[str, str]:
    return {"Content-Length": "0"} if method in ("POST", "PATCH", "PUT") else {}


def json_of(method: str, path: str, answer: RawAnswer) -> Any:
    """Read the JSON of a success; raises GrafanaOddAnswer (a proxy's HTML page, half a body)."""
    try:
        return orjson.loads(answer.body)
    except orjson.JSONDecodeError as fault:
        raise odd(method, path, answer, "not JSON") from fault


def odd(method: str, path: str, answer: RawAnswer, what: str) -> GrafanaError:
    """Make the error for a success whose body is not what Grafana sends."""
    return GrafanaOddAnswer(
        f"Grafana answered {answer.status} to {method} {path}, but the body is {what}; "
        "check that GRAFANA_URL ends where Grafana is served",
        method=method,
        path=path,
        status=answer.status,
    )
