"""An HTTP call with a total deadline and a byte cap, over a keep-alive pool.

A read timeout is no deadline: a server that sends one byte a second would hold the call for as long as it likes. Here
every wait of the call, from connecting to the last byte, gets only what is left of the whole. No proxy from the
environment is used, no redirect is followed, no compressed answer is taken (a small one could grow without bound).

urllib3 is used directly: it is what `requests` calls, and only there can a connection be pinned to a checked address.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import RemoteDisconnected
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, NewConnectionError, ProtocolError
from urllib3.exceptions import TimeoutError as PoolTimeout

from backend_server.errors import UpstreamError, UpstreamTimeout

from .guard import Permitted

_CHUNK = 256 * 1024
_running = threading.local()


class CallFailed(UpstreamError):
    """The other side could not be reached or broke off (502)."""


class CallTimedOut(UpstreamTimeout):
    """The call's total deadline passed (504)."""


class AnswerTooLarge(UpstreamError):
    """The answer is larger than the caller takes (502)."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: header names in lower case, the body whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Sent:
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None


def _left() -> float:
    """Return the seconds left for the call this thread is in; raises TimeoutError when none are."""
    deadline: float | None = getattr(_running, "deadline", None)
    if deadline is None:
        raise TimeoutError("no call is running")
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the deadline has passed")
    return left


def _was_closed_before(fault: ProtocolError) -> bool:
    """Whether the connection ended before a byte of the answer came, as one does that was closed while idle."""
    return isinstance(fault.__cause__ or fault.__context__, RemoteDisconnected | ConnectionResetError | BrokenPipeError)


class _DeadlineSocket(socket.socket):
    """A socket whose every wait ends at the call's deadline."""

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        self.settimeout(_left())
        return super().recv_into(buffer, nbytes, flags)

    def sendall(self, data: Any, flags: int = 0) -> None:
        self.settimeout(_left())
        super().sendall(data, flags)


class _DeadlineTlsSocket(ssl.SSLSocket):
    """The same over TLS."""

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        self.settimeout(_left())
        return super().recv_into(buffer, nbytes, flags)

    def sendall(self, data: Any, flags: int = 0) -> None:
        self.settimeout(_left())
        super().sendall(data, flags)


def _connect(address: str, port: int) -> socket.socket:
    plain = socket.create_connection((address, port), timeout=_left())
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return _DeadlineSocket(plain.family, plain.type, plain.proto, fileno=plain.detach())


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        try:
            return _connect(self._dns_host, self.port or 80)
        except TimeoutError:
            raise
        except OSError as fault:
            raise NewConnectionError(self, str(fault)) from fault


class _TlsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        try:
            return _connect(self._dns_host, self.port or 443)
        except TimeoutError:
            raise
        except OSError as fault:
            raise NewConnectionError(self, str(fault)) from fault


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class BoundedHttp:
    """Calls of one purpose share its pools; `what` is how messages name the other side, never its address."""

    def __init__(self, what: str, *, connections: int = 16, pools: int = 64) -> None:
        self._what = what
        self._connections = connections
        self._most_pools = pools
        self._lock = threading.Lock()
        self._pools: dict[tuple[str, str, int, str], HTTPConnectionPool] = {}

    def call(
        self,
        method: str,
        url: str,
        *,
        deadline_seconds: float,
        max_bytes: int,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        permitted: Permitted | None = None,
        repeatable: bool | None = None,
    ) -> Reply:
        """Send one request and read the whole answer, whatever its status (a redirect is an answer, not followed).

        With `permitted` the connection goes to its first address only. A `repeatable` request (GET and HEAD are) is
        sent once more when a kept connection turns out to be closed. Raises CallTimedOut, AnswerTooLarge or
        CallFailed; their messages hold no address.
        """
        parts = urlsplit(url)
        target = parts.path or "/"
        if parts.query:
            target += "?" + parts.query
        all_headers = {"Host": parts.netloc.rpartition("@")[2], "Accept-Encoding": "identity", **(headers or {})}
        sent = _Sent(method, target, all_headers, body)
        pool = self._pool(parts.scheme, parts.hostname or "", parts.port, permitted)
        again = method in ("GET", "HEAD") if repeatable is None else repeatable
        _running.deadline = time.monotonic() + deadline_seconds
        try:
            try:
                return self._answer(pool, sent, max_bytes)
            except ProtocolError as fault:
                if not again or not _was_closed_before(fault):
                    raise
                return self._answer(pool, sent, max_bytes)
        except NewConnectionError as fault:  # urllib3 counts it among the timeouts
            raise CallFailed(f"{self._what} cannot be reached.") from fault
        except (TimeoutError, PoolTimeout) as fault:
            raise CallTimedOut(f"{self._what} did not answer within {deadline_seconds:g} s.") from fault
        except (HTTPError, OSError) as fault:
            if isinstance(fault.__cause__, TimeoutError) or isinstance(fault.__context__, TimeoutError):
                raise CallTimedOut(f"{self._what} did not answer within {deadline_seconds:g} s.") from fault
            raise CallFailed(f"{self._what} broke off its answer.") from fault
        finally:
            _running.deadline = None

    def close(self) -> None:
        """Close all kept connections."""
        with self._lock:
            pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.close()

    def _answer(self, pool: HTTPConnectionPool, sent: _Sent, max_bytes: int) -> Reply:
        response = pool.urlopen(
            sent.method,
            sent.target,
            body=sent.body,
            headers=sent.headers,
            redirect=False,
            retries=False,
            timeout=urllib3.Timeout(total=_left()),
            preload_content=False,
            decode_content=False,
        )
        whole = False
        try:
            if response.headers.get("Content-Encoding", "identity").lower() not in ("", "identity"):
                raise CallFailed(f"{self._what} answered compressed although it was asked not to.")
            announced = response.headers.get("Content-Length", "")
            if announced.isdecimal() and int(announced) > max_bytes:
                raise self._too_large(max_bytes)
            chunks: list[bytes] = []
            taken = 0
            while chunk := response.read(_CHUNK):
                taken += len(chunk)
                if taken > max_bytes:
                    raise self._too_large(max_bytes)
                chunks.append(chunk)
            whole = True
            return Reply(
                response.status,
                {name.lower(): value for name, value in response.headers.items()},
                chunks[0] if len(chunks) == 1 else b"".join(chunks),
            )
        finally:
            if whole:
                response.release_conn()
            else:
                response.close()

    def _too_large(self, max_bytes: int) -> AnswerTooLarge:
        return AnswerTooLarge(f"{self._what} answered with more than {max_bytes // 1024} KiB; ask for less.")

    def _pool(self, scheme: str, host: str, port: int | None, permitted: Permitted | None) -> HTTPConnectionPool:
        tls = scheme == "https"
        port = port or (443 if tls else 80)
        address = permitted.addresses[0] if permitted and permitted.addresses else host
        key = (scheme, host, port, address)
        with self._lock:
            pool = self._pools.get(key)
            if pool is not None:
                return pool
            if len(self._pools) >= self._most_pools:
                self._pools.pop(next(iter(self._pools))).close()
            pool = self._new_pool(tls, host, port, address)
            self._pools[key] = pool
            return pool

    def _new_pool(self, tls: bool, host: str, port: int, address: str) -> HTTPConnectionPool:
        if not tls:
            return _Pool(address, port, maxsize=self._connections, block=False)
        context = ssl.create_default_context()
        context.sslsocket_class = _DeadlineTlsSocket
        return _TlsPool(
            address,
            port,
            maxsize=self._connections,
            block=False,
            ssl_context=context,
            server_hostname=host,
            assert_hostname=host,
        )
