"""The one HTTP client of all outgoing calls, whoever is asked: a total deadline, a cap on bytes, no redirects.

No compressed answer is taken, since a small one could grow without bound. Messages never hold an address.
"""

from __future__ import annotations

import re
import string
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any, cast
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import HTTPError

from backend_server.errors import UpstreamError, UpstreamTimeout

from .connections import Budget, ClosedWhileKept, Endpoint, NotConnected, TooManyBytes, connections_to
from .guard import PermittedAddress

_PLAIN = re.compile(r"[!-~]+")
_CHUNK = 256 * 1024
_HEAD_BYTES = 256 * 1024
_REPEATABLE = ("GET", "HEAD")
_WITH_BODY = ("POST", "PUT", "PATCH")


class CallFailed(UpstreamError):
    """The other side could not be reached or broke off (502); `reason` is the name of the fault on the wire.

    `refused`: nobody listens there; nothing was sent then. Otherwise the call may have taken effect.
    """

    def __init__(self, message: str, *, reason: str = "", refused: bool = False) -> None:
        super().__init__(message)
        self.reason, self.refused = reason, refused


class AnswerCompressed(CallFailed):
    """The answer is compressed although it was asked not to be (502)."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message, reason="compressed")
        self.status = status


class CallTimedOut(UpstreamTimeout):
    """The call's total deadline passed (504)."""


class AnswerTooLarge(UpstreamError):
    """The answer is larger than the caller takes (502)."""

    def __init__(self, message: str, *, status: int | None) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one call may take, from looking the name up to the last byte of the answer's body."""

    deadline_seconds: float
    max_bytes: int


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What is sent. With `permitted` the connection goes to its addresses only.

    A `repeatable` request (GET and HEAD are) is sent once more when a kept connection turns out to be closed.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    permitted: PermittedAddress | None = None
    repeatable: bool | None = None


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What came back: header names in lower case (of doubled ones the last), the body whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpClient:
    """Calls of one purpose share its connections; `what` is how messages name the other side."""

    def __init__(self, what: str, *, connections: int = 16, endpoints: int = 64) -> None:
        self._what = what
        self._adapter = BoundedAdapter(connections=connections, endpoints=endpoints)

    def send(self, request: HttpRequest, bounds: Bounds) -> HttpReply:
        """Send one request and read the whole answer, whatever its status (a redirect is an answer, not followed).

        Raises CallTimedOut, AnswerTooLarge or CallFailed.
        """
        # Sizes of chunks may take as much again as the body.
        budget = Budget(bounds.deadline_seconds, 2 * bounds.max_bytes + _HEAD_BYTES)
        try:
            return self._read(self._adapter.send(_ready(request), timeout=budget), bounds)
        except (OSError, HTTPException, HTTPError) as fault:
            raise self._worded(fault, bounds) from fault

    def close(self) -> None:
        """Close all kept connections."""
        self._adapter.close()

    def _read(self, response: requests.Response, bounds: Bounds) -> HttpReply:
        raw, status = response.raw, response.status_code
        headers = {name.lower(): value for name, value in raw.headers.items()}
        try:
            if headers.get("content-encoding", "identity").lower() not in ("", "identity"):
                raise AnswerCompressed(f"{self._what} answered compressed although it was asked not to.", status=status)
            announced = headers.get("content-length", "")
            room = bounds.max_bytes
            if announced.isdecimal() and int(announced) > room:
                raise self._too_large(bounds, status)
            chunks: list[bytes] = []
            while chunk := raw.read(_CHUNK):
                room -= len(chunk)
                if room < 0:
                    raise self._too_large(bounds, status)
                chunks.append(chunk)
        finally:
            raw.close()
            raw.release_conn()
        return HttpReply(status, headers, chunks[0] if len(chunks) == 1 else b"".join(chunks))

    def _worded(self, fault: Exception, bounds: Bounds) -> UpstreamError:
        origin = _origin(fault)
        if isinstance(fault, requests.Timeout) or isinstance(origin, TimeoutError):
            return CallTimedOut(f"{self._what} did not answer within {bounds.deadline_seconds:g} s.")
        if isinstance(origin, TooManyBytes):
            return self._too_large(bounds)
        if isinstance(origin, NotConnected):
            refused = isinstance(origin.__cause__, ConnectionRefusedError)
            reason = type(origin.__cause__).__name__
            return CallFailed(f"{self._what} cannot be reached.", reason=reason, refused=refused)
        return CallFailed(f"{self._what} broke off its answer.", reason=type(origin).__name__)

    def _too_large(self, bounds: Bounds, status: int | None = None) -> AnswerTooLarge:
        message = f"{self._what} answered with more than {bounds.max_bytes // 1024} KiB; ask for less."
        return AnswerTooLarge(message, status=status)


def _ready(request: HttpRequest) -> ReadyRequest:
    headers = {"User-Agent": "dashwright", "Accept-Encoding": "identity", **request.headers}
    if request.body is not None or request.method in _WITH_BODY:
        headers["Content-Length"] = str(len(request.body or b""))
    ready = ReadyRequest(request.method, request.url, headers, request.body)
    ready.addresses = request.permitted.addresses if request.permitted else ()
    ready.repeatable = request.method in _REPEATABLE if request.repeatable is None else request.repeatable
    return ready


def _origin(fault: Exception) -> BaseException:
    """Return what happened on the wire; `requests` keeps it as its first argument."""
    inner = fault.args[0] if isinstance(fault, requests.RequestException) and fault.args else None
    return inner if isinstance(inner, BaseException) else fault


class ReadyRequest(requests.PreparedRequest):
    """A request that needs no preparing; a `repeatable` one goes out again when its kept connection was closed.

    The connection goes to `addresses` only; without any, the name of the URL is resolved as usual.
    """

    addresses: tuple[str, ...] = ()
    repeatable = False

    def __init__(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> None:
        super().__init__()
        self.method, self.url, self.body = method, url, body
        # A plain mapping is read four times faster, and our names have one spelling.
        self.headers = cast("CaseInsensitiveDict[str]", headers)
        self._parts = urlsplit(url)

    @property
    def endpoint(self) -> Endpoint:
        """Where it goes."""
        return Endpoint(self._parts.scheme, self._parts.hostname or "", self._parts.port, self.addresses)

    @property
    def target(self) -> str:
        """What the request line names: path and query, with what may not stand there escaped."""
        target = (self._parts.path or "/") + (f"?{self._parts.query}" if self._parts.query else "")
        return target if _PLAIN.fullmatch(target) else quote(target, safe=string.punctuation)


class BoundedAdapter(HTTPAdapter):
    """Sends `ReadyRequest`s over kept connections; `timeout` is a `Budget`, which the body is read under as well.

    It is used without a `Session`: no redirects, cookies or `.netrc`, and no proxy from the environment.

    Raises `requests.ConnectionError` with what happened on the wire as its first argument, or an HTTPException.
    """

    def __init__(self, *, connections: int, endpoints: int) -> None:
        super().__init__()
        self._connections = connections
        self._most_endpoints = endpoints
        self._pools: dict[Endpoint, HTTPConnectionPool] = {}
        self._lock = threading.Lock()

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Send a request; a second time only when the first cannot have been answered."""
        assert isinstance(request, ReadyRequest)
        try:
            return super().send(request, *args, **options)
        except requests.ConnectionError as fault:
            if not (request.repeatable and fault.args and isinstance(fault.args[0], ClosedWhileKept)):
                raise
        # What was kept beside it has most likely ended too. It is not closed here: others may be using it, and when
        # nobody does any more, it closes by itself.
        with self._lock:
            self._pools.pop(request.endpoint, None)
        return super().send(request, *args, **options)

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, *_: Any, **__: Any
    ) -> HTTPConnectionPool:
        """Return the connections to the request's endpoint."""
        assert isinstance(request, ReadyRequest)
        endpoint = request.endpoint
        with self._lock:
            pool = self._pools.get(endpoint)
            if pool is None:
                if len(self._pools) >= self._most_endpoints:
                    self._pools.pop(next(iter(self._pools)))
                pool = self._pools[endpoint] = connections_to(endpoint, kept=self._connections)
            return pool

    def cert_verify(self, *_: Any, **__: Any) -> None:
        """Do not touch certificates: the connections trust what this machine trusts."""

    def request_url(self, request: requests.PreparedRequest, *_: Any) -> str:
        """Return the target of the request line; nothing goes through a proxy."""
        assert isinstance(request, ReadyRequest)
        return request.target

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """Return the answer as far as our callers read it: no cookies are kept, and no text encoding is guessed."""
        response = requests.Response()
        response.status_code, response.reason, response.raw = resp.status, resp.reason, resp
        response.request, response.url = req, req.url or ""
        return response

    def close(self) -> None:
        """Close all kept connections; later requests open new ones."""
        super().close()
        with self._lock:
            pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.close()
