"""One kept HTTP/1.1 connection to one device: a fixed request out, one answer back, bounded in bytes.

Written on asyncio's protocol layer, since a poll costs a fifth there of what the client libraries take (see
`benchmarks/polling.py`): the request never changes, no header but three matters, and nothing is followed or decoded.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

_HEAD = re.compile(rb"HTTP/1\.([01]) (\d{3})[ \r]")
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,12})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked[ \t]*\r\n", re.IGNORECASE)
_CONNECTION = re.compile(rb"\r\nconnection:[ \t]*([^\r\n]*)", re.IGNORECASE)
_MOST_HEAD_BYTES = 16_384
# A size is hexadecimal digits and nothing else (`int` would take a sign, `0x` and `_`); an extension may follow.
_SIZE = re.compile(rb"([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?\Z", re.DOTALL)
_MOST_SIZE_BYTES = 66


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

    __slots__ = ("_buffer", "_done", "_failed", "_head", "_looked", "_max_bytes", "_request", "_transport", "asking")

    _buffer: bytearray
    _looked: int
    _head: _Head | None

    def __init__(self, request: bytes, max_bytes: int, done: Done, failed: Failed) -> None:
        self._request, self._max_bytes = request, max_bytes
        self._done, self._failed = done, failed
        self._transport: asyncio.Transport | None = None
        self._forget()

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
        self._forget()
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
        self._buffer += data
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
        if self._head is None and not self._read_head():
            if self.asking and ended:
                self._fail(Failure.BROKEN_OFF)
            return
        head = self._head
        assert head is not None
        body = head.body(self._buffer, self._max_bytes, ended=ended)
        if body is None and ended:
            body = Failure.BROKEN_OFF
        if body is None:
            return
        if isinstance(body, Failure):
            self._fail(body)
            return
        self._forget()
        if head.closes and self._transport is not None:
            self._transport.close()
        self._done(head.status, body)

    def _read_head(self) -> bool:
        """Read the answer's head; False while it is not whole, or when it is none."""
        buffer = self._buffer
        end = buffer.find(b"\r\n\r\n", self._looked)
        if end < 0:
            self._looked = max(0, len(buffer) - 3)
            if len(buffer) > _MOST_HEAD_BYTES or (len(buffer) > 8 and not buffer.startswith(b"HTTP/1.")):
                self._fail(Failure.NOT_HTTP)
            return False
        head = self._head = _Head.read(bytes(buffer[: end + 2]))
        if head is None:
            self._fail(Failure.NOT_HTTP)
            return False
        del buffer[: end + 4]
        return True

    def _forget(self) -> None:
        """Be ready for the next answer."""
        self.asking = False
        self._buffer = bytearray()
        self._looked = 0  # up to where no end of the head was found
        self._head = None

    def _fail(self, reason: Failure) -> None:
        self._forget()
        if self._transport is not None:
            self._transport.abort()
        self._failed(reason)


class Chunks:
    """Joins a chunked body; what was read once is not looked at again, however small the parts it comes in."""

    __slots__ = ("_at", "_looked", "_parts", "_sized")

    def __init__(self) -> None:
        self._at = 0  # where the next chunk begins
        self._looked = 0  # up to where no end of a line was found
        self._sized: tuple[int, int] | None = None  # where that chunk's bytes begin and end
        self._parts: list[bytes] = []

    def read(self, raw: bytes | bytearray) -> bytes | Failure | None:
        """Return the body of what came so far; None while its end is not there, a Failure when it is malformed."""
        while True:
            if self._sized is None:
                size = self._size(raw)
                if size is None or isinstance(size, Failure):
                    return size
                self._sized = size
            begin, end = self._sized
            if begin == end:
                return self._end(raw, begin)
            if len(raw) < end + 2:
                return None
            if raw[end : end + 2] != b"\r\n":
                return Failure.NOT_HTTP
            self._parts.append(bytes(raw[begin:end]))
            self._sized = None
            self._at = self._looked = end + 2

    def _size(self, raw: bytes | bytearray) -> tuple[int, int] | Failure | None:
        line_end = raw.find(b"\r\n", self._looked, self._at + _MOST_SIZE_BYTES)
        if line_end < 0:
            self._looked = max(self._at, len(raw) - 1)
            return Failure.NOT_HTTP if len(raw) - self._at > _MOST_SIZE_BYTES else None
        found = _SIZE.match(raw, self._at, line_end)
        if found is None:
            return Failure.NOT_HTTP
        return line_end + 2, line_end + 2 + int(found[1], 16)

    def _end(self, raw: bytes | bytearray, begin: int) -> bytes | None:
        """Return the body once the line after the last chunk is there: trailers are not read."""
        if raw.find(b"\r\n", max(begin, self._looked)) >= 0:
            return b"".join(self._parts)
        self._looked = max(begin, len(raw) - 1)
        return None


@dataclass(slots=True)
class _Head:
    """What matters of an answer's head; a body without chunks and length ends with the connection."""

    status: int
    closes: bool
    length: int | None = None
    chunks: Chunks | None = None

    @classmethod
    def read(cls, head: bytes) -> _Head | None:
        """Read a head with its last line's end; None when it is none of HTTP/1."""
        found = _HEAD.match(head)
        if found is None:
            return None
        said = _CONNECTION.search(head)
        closes = b"close" in said[1].lower() if said else found[1] == b"0"
        status = int(found[2])
        if _CHUNKED.search(head):
            return cls(status, closes, chunks=Chunks())
        if length := _LENGTH.search(head):
            return cls(status, closes, length=int(length[1]))
        if status in (204, 304):
            return cls(status, closes, length=0)
        return cls(status, closes=True)

    def body(self, buffer: bytearray, most: int, *, ended: bool) -> bytes | Failure | None:
        """Return the body of at most so many bytes as far as it is there; None: not whole yet."""
        if self.chunks is not None:
            body = self.chunks.read(buffer)
            return Failure.TOO_LARGE if isinstance(body, bytes) and len(body) > most else body
        if self.length is not None:
            if self.length > most:
                return Failure.TOO_LARGE
            return bytes(buffer[: self.length]) if len(buffer) >= self.length else None
        if len(buffer) > most:
            return Failure.TOO_LARGE
        return bytes(buffer) if ended else None
