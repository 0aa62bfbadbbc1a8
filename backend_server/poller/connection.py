"""One kept HTTP/1.1 connection to one device: a fixed request out, one answer back, bounded in bytes.

Written on asyncio's protocol layer, since a poll costs a fifth there of what the client libraries take (see
`benchmarks/polling.py`): the request never changes, no header but three matters, and nothing is followed or decoded.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from enum import StrEnum

_HEAD = re.compile(rb"HTTP/1\.([01]) (\d{3})[ \r]")
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,12})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked[ \t]*\r\n", re.IGNORECASE)
_CONNECTION = re.compile(rb"\r\nconnection:[ \t]*([^\r\n]*)", re.IGNORECASE)
_MOST_HEAD_BYTES = 16_384


class Failure(StrEnum):
    """Why a poll gave nothing; the value of the label `reason`."""

    REFUSED_ADDRESS = "refused_address"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    BROKEN_OFF = "broken_off"
    NOT_HTTP = "not_http"
    TOO_LARGE = "too_large"
    STATUS = "status"
    NOT_JSON = "not_json"


Done = Callable[[int, bytes], None]
Failed = Callable[[Failure], None]


class DeviceConnection(asyncio.Protocol):
    """Asks over a connection that is there; `done` gets status and body, `failed` the reason, one of them per `ask`."""

    __slots__ = ("_buffer", "_done", "_failed", "_max_bytes", "_request", "_transport", "asking")

    def __init__(self, request: bytes, max_bytes: int, done: Done, failed: Failed) -> None:
        self._request, self._max_bytes = request, max_bytes
        self._done, self._failed = done, failed
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self.asking = False

    @property
    def usable(self) -> bool:
        """Whether another request may be sent on this connection."""
        return self._transport is not None and not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (asyncio calls this)."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def ask(self) -> None:
        """Send the request."""
        assert self._transport is not None
        self._buffer = b""
        self.asking = True
        self._transport.write(self._request)

    def close(self) -> None:
        """Close the connection; a request still under way ends without an outcome."""
        self.asking = False
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Read a part of the answer (asyncio calls this)."""
        if not self.asking:
            self.close()  # bytes nobody asked for: whatever follows could not be told from an answer
            return
        self._buffer = self._buffer + data if self._buffer else data
        # A head that never ends and a body that is larger than agreed end here alike.
        if len(self._buffer) > self._max_bytes + _MOST_HEAD_BYTES:
            self._fail(Failure.TOO_LARGE)
            return
        self._try_finish(ended=False)

    def eof_received(self) -> bool:
        """Handle the other side's end of stream (asyncio calls this)."""
        if self.asking:
            self._try_finish(ended=True)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Notice that the connection is gone (asyncio calls this)."""
        self._transport = None
        if self.asking:
            self._fail(Failure.BROKEN_OFF)

    def _try_finish(self, *, ended: bool) -> None:
        buffer = self._buffer
        end = buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(buffer) > _MOST_HEAD_BYTES or (len(buffer) > 8 and not buffer.startswith(b"HTTP/1.")):
                self._fail(Failure.NOT_HTTP)
            elif ended:
                self._fail(Failure.BROKEN_OFF)
            return
        head = buffer[: end + 2]
        found = _HEAD.match(head)
        if found is None:
            self._fail(Failure.NOT_HTTP)
            return
        body, close = self._body(head, buffer[end + 4 :], found[2], ended=ended)
        if body is None and ended:
            body = Failure.BROKEN_OFF
        if body is None:
            return
        if isinstance(body, Failure):
            self._fail(body)
            return
        self.asking = False
        self._buffer = b""
        said = _CONNECTION.search(head)
        silent = b"" if found[1] == b"1" else b"close"
        word = said[1].lower() if said else silent
        if (close or b"close" in word) and self._transport is not None:
            self._transport.close()
        self._done(int(found[2]), body)

    def _body(self, head: bytes, rest: bytes, status: bytes, *, ended: bool) -> tuple[bytes | Failure | None, bool]:
        """Return the body as far as it is there (None: not whole yet), and whether its end is the connection's end."""
        if _CHUNKED.search(head):
            body = unchunk(rest)
            return (Failure.TOO_LARGE if isinstance(body, bytes) and len(body) > self._max_bytes else body), False
        if length := _LENGTH.search(head):
            needed = int(length[1])
            if needed > self._max_bytes:
                return Failure.TOO_LARGE, False
            return (rest[:needed] if len(rest) >= needed else None), False
        if status in (b"204", b"304"):
            return b"", False
        if len(rest) > self._max_bytes:
            return Failure.TOO_LARGE, True
        return (rest if ended else None), True

    def _fail(self, reason: Failure) -> None:
        self.asking = False
        self._buffer = b""
        if self._transport is not None:
            self._transport.abort()
        self._failed(reason)


def unchunk(raw: bytes) -> bytes | Failure | None:
    """Join a chunked body; None while its end is not there, a Failure when it is malformed."""
    parts: list[bytes] = []
    at = 0
    while True:
        line_end = raw.find(b"\r\n", at)
        if line_end < 0:
            return Failure.NOT_HTTP if len(raw) - at > 64 else None
        try:
            size = int(raw[at:line_end].partition(b";")[0], 16)
        except ValueError:
            return Failure.NOT_HTTP
        if size < 0:
            return Failure.NOT_HTTP
        begin = line_end + 2
        if size == 0:
            return b"".join(parts) if raw.find(b"\r\n", begin) >= 0 else None
        if len(raw) < begin + size + 2:
            return None
        parts.append(raw[begin : begin + size])
        at = begin + size + 2
