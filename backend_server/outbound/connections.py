"""Connections that hold a call to its budget of seconds and bytes, and that go to checked addresses only.

A read timeout is no deadline: a server that sends one byte a second would hold a call for as long as it likes. Here
every wait, from looking a name up to the last byte, gets only what is left of the whole.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection as PlainHTTPConnection
from http.client import HTTPResponse, IncompleteRead
from ipaddress import ip_address
from typing import Any, NamedTuple

from urllib3 import Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from .guard import resolve_within

_ENDED = (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError, ssl.SSLZeroReturnError)


class NotConnected(OSError):
    """No connection came about, so nothing was sent; the reason is its cause."""


class ClosedWhileKept(ConnectionResetError):
    """A kept connection ended before a byte of the answer came, as one does that was closed while idle."""


class TooManyBytes(OSError):
    """The other side sent more than a call takes."""


class Endpoint(NamedTuple):
    """What connections are kept for; without `addresses` the host's name is resolved as usual."""

    scheme: str
    host: str
    port: int | None
    addresses: tuple[str, ...]


class Budget(Timeout):
    """What a call may still take, in place of urllib3's spans for connecting and for each read.

    Bytes are counted as they come, with heads, the frames of chunks, and trailers that nobody reads.
    """

    def __init__(self, seconds: float, most_bytes: int) -> None:
        super().__init__(total=seconds)
        self._end = time.monotonic() + seconds
        self._bytes_left = most_bytes

    def seconds_left(self) -> float:
        """Return the seconds left; raises TimeoutError when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        return left

    def take(self, count: int) -> None:
        """Count bytes that came; raises TooManyBytes when they are too many."""
        self._bytes_left -= count
        if self._bytes_left < 0:
            raise TooManyBytes("more bytes than the call takes")


class WireAnswer(HTTPResponse):
    """The head of an answer, and its body to be read; whoever has read it returns the connection."""

    lent: tuple[HTTPConnectionPool, HTTPConnection] | None = None

    def read(self, amt: int | None = None) -> bytes:
        """Read on; raises IncompleteRead where `http.client` takes a body that breaks off for a whole one."""
        try:
            data = super().read(amt)
        except ValueError as fault:  # a chunk of less than no bytes
            raise IncompleteRead(b"") from fault
        if not data and self.length:
            raise IncompleteRead(b"", self.length)
        return data

    def close(self) -> None:
        """Close the answer, and the connection as well when something of the answer is still to come."""
        unread = not self.isclosed()
        super().close()
        if unread and self.lent is not None:
            self.lent[1].close()

    def release_conn(self) -> None:
        """Return the connection to its pool for the next request (`requests` knows this by urllib3's name)."""
        if self.lent is not None:
            pool, connection = self.lent
            self.lent = None
            pool._put_conn(connection)


def connections_to(endpoint: Endpoint, *, kept: int) -> HTTPConnectionPool:
    """Return an empty pool for an endpoint; its name is sent, whatever address is connected to.

    That name stands in `Host` and SNI, and a certificate must have it and be trusted by this machine.
    """
    if endpoint.scheme != "https":
        return _Pool(endpoint.host, endpoint.port, maxsize=kept, addresses=endpoint.addresses)
    context = ssl.create_default_context()
    context.sslsocket_class = _TlsSocket
    return _TlsPool(endpoint.host, endpoint.port, maxsize=kept, addresses=endpoint.addresses, ssl_context=context)


class _Socket(socket.socket):
    """Waits and takes no more than the budget of the call that uses it, and remembers whether anything was answered."""

    budget: Budget
    answered: bool

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        self.settimeout(self.budget.seconds_left())
        count = super().recv_into(buffer, nbytes or 0, flags)
        self.answered = self.answered or count > 0
        self.budget.take(count)
        return count

    def send(self, data: Any, flags: int = 0) -> int:
        self.settimeout(self.budget.seconds_left())
        return super().send(data, flags)

    def sendall(self, data: Any, flags: int = 0) -> None:
        self.settimeout(self.budget.seconds_left())  # for the whole; over TLS for each part, by way of `send`
        super().sendall(data, flags)


class _TlsSocket(_Socket, ssl.SSLSocket):
    """The same over TLS."""


class _Connection(HTTPConnection):
    """A connection to one endpoint."""

    response_class = WireAnswer
    budget: Budget

    def __init__(self, *args: Any, addresses: tuple[str, ...] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self._addresses = addresses
        self._unsent: list[bytes] = []

    def exchange(self, method: str, target: str, body: Any, headers: Mapping[str, str], budget: Budget) -> WireAnswer:
        """Send a request and return the answer as soon as its head is there."""
        self.budget, self.timeout = budget, budget.seconds_left()
        kept = not self.is_closed
        if not kept:
            self.connect()
        stream = self.sock
        assert isinstance(stream, _Socket)
        stream.budget, stream.answered = budget, False
        self._unsent.clear()
        self.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers.items():
            self.putheader(name, value)
        self.endheaders(body)
        try:
            with contextlib.suppress(*_ENDED):  # one may answer and close before it has read all of the body
                stream.sendall(b"".join(self._unsent))
            # The plain answer: urllib3 makes another of it, for which it looks at each header three times more.
            answer = PlainHTTPConnection.getresponse(self)
        except _ENDED as fault:
            if kept and not stream.answered:
                raise ClosedWhileKept(str(fault)) from fault
            raise
        assert isinstance(answer, WireAnswer)
        return answer

    def send(self, data: Any) -> None:
        """Collect what is to be sent, so that head and body leave in one piece."""
        self._unsent.append(data)

    def _new_conn(self) -> socket.socket:
        try:
            plain = self._dial()
        except TimeoutError:
            raise
        except OSError as fault:
            raise NotConnected(str(fault)) from fault
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = _Socket(plain.family, plain.type, plain.proto, fileno=plain.detach())
        stream.settimeout(self.budget.seconds_left())  # for a handshake as a whole
        return stream

    def _dial(self) -> socket.socket:
        fault = OSError("there is no address")
        for address in self._addresses or self._resolved():
            try:
                return socket.create_connection((address, self.port), timeout=self.budget.seconds_left())
            except OSError as refused:
                fault = refused
        raise fault

    def _resolved(self) -> Sequence[str]:
        try:
            return (str(ip_address(self.host)),)
        except ValueError:
            return resolve_within(self.host, self.port or 0, self.budget.seconds_left())


class _TlsConnection(_Connection, HTTPSConnection):
    """The same over TLS."""


class _Exchanges(HTTPConnectionPool):
    """Takes a kept connection or a new one for each exchange, which is never tried twice here."""

    def urlopen(self, method: str, url: str, *_: Any, **given: Any) -> Any:  # as `HTTPAdapter` calls it
        connection = self._get_conn()
        assert isinstance(connection, _Connection)
        try:
            answer = connection.exchange(method, url, given["body"], given["headers"], given["timeout"])
        except BaseException:
            connection.close()
            self._put_conn(connection)
            raise
        answer.lent = self, connection
        return answer


class _Pool(_Exchanges):
    ConnectionCls = _Connection


class _TlsPool(_Exchanges, HTTPSConnectionPool):
    ConnectionCls = _TlsConnection
