"""The transport adapter of `requests` that all calls go through: bounded in time, and to checked addresses only.

It is used without a `Session`: no redirects, cookies or `.netrc`, and no proxy from the environment.
"""

from __future__ import annotations

import re
import string
import threading
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.connectionpool import HTTPConnectionPool

from .connections import ClosedWhileKept, Place, connections_to

_PLAIN = re.compile(r"[!-~]+")


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
    def place(self) -> Place:
        """Where it goes."""
        return Place(self._parts.scheme, self._parts.hostname or "", self._parts.port, self.addresses)

    @property
    def target(self) -> str:
        """What the request line names: path and query, with what may not stand there escaped."""
        target = (self._parts.path or "/") + (f"?{self._parts.query}" if self._parts.query else "")
        return target if _PLAIN.fullmatch(target) else quote(target, safe=string.punctuation)


class BoundedAdapter(HTTPAdapter):
    """Sends `ReadyRequest`s over kept connections; give a `Budget` as `timeout`, which the body is read under as well.

    Raises `requests.ConnectionError` with what happened on the wire as its first argument, or an HTTPException.
    """

    def __init__(self, *, connections: int, places: int) -> None:
        super().__init__()
        self._connections = connections
        self._most_places = places
        self._pools: dict[Place, HTTPConnectionPool] = {}
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
            self._pools.pop(request.place, None)
        return super().send(request, *args, **options)

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, *_: Any, **__: Any
    ) -> HTTPConnectionPool:
        """Return the connections to the request's place."""
        assert isinstance(request, ReadyRequest)
        place = request.place
        with self._lock:
            pool = self._pools.get(place)
            if pool is None:
                if len(self._pools) >= self._most_places:
                    self._pools.pop(next(iter(self._pools)))
                pool = self._pools[place] = connections_to(place, kept=self._connections)
            return pool

    def cert_verify(self, *_: Any, **__: Any) -> None:
        """Leave certificates to the connections: they trust what this machine trusts."""

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
