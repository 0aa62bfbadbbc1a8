"""Answers in parts of any size: read once, byte by byte as well as at a stroke, and sizes of chunks taken strictly."""

from __future__ import annotations

import sys

import pytest

from backend_server.poller.connection import Chunks, DeviceConnection, Failure

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ONE_BYTE_CHUNKS = b"1\r\nx\r\n" * 3000


class Watched(bytearray):
    """Counts how many bytes are searched."""

    searched = 0

    def find(self, what: object, start: object = 0, end: object = None) -> int:
        last = len(self) if end is None else min(int(str(end)), len(self))
        self.searched += max(0, last - int(str(start)))
        return super().find(what, start, last)


def answered(parts: list[bytes], *, max_bytes: int = 65_536) -> list[object]:
    """Give a connection an answer in parts; return what it made of it."""
    found: list[object] = []
    connection = DeviceConnection(b"", max_bytes, lambda status, body: found.append((status, body)), found.append)
    connection.asking = True
    for part in parts:
        connection.data_received(part)
        if found:
            break
    return found


@pytest.mark.parametrize(
    ("raw", "body"),
    [
        (b"3\r\nabc\r\n0\r\n\r\n", b"abc"),
        (b"03;name=value\r\nabc\r\n2 \r\nde\r\n0\r\nTrailer: x\r\n\r\n", b"abcde"),
        (b"A\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
        (b"3\r\nab", None),
        (b"3\r\nabc\r\n0\r\n", None),
        (b"", None),
        (b"-1\r\n", Failure.NOT_HTTP),
        (b"+1\r\nx\r\n0\r\n\r\n", Failure.NOT_HTTP),
        (b"0x1\r\nx\r\n0\r\n\r\n", Failure.NOT_HTTP),
        (b"1_0\r\n0123456789abcdef\r\n0\r\n\r\n", Failure.NOT_HTTP),
        (b" 1\r\nx\r\n0\r\n\r\n", Failure.NOT_HTTP),
        (b"\r\nx\r\n0\r\n\r\n", Failure.NOT_HTTP),
        ("١\r\nx\r\n0\r\n\r\n".encode(), Failure.NOT_HTTP),
        (b"3\r\nabcde\r\n0\r\n\r\n", Failure.NOT_HTTP),
        (b"x" * 70, Failure.NOT_HTTP),
        (b"1" * 70, Failure.NOT_HTTP),
    ],
)
def test_chunks_are_joined(raw: bytes, body: object) -> None:
    assert Chunks().read(raw) == body
    by_byte, chunks, found = bytearray(), Chunks(), None
    for byte in raw:
        by_byte.append(byte)
        found = chunks.read(by_byte)
        if found is not None:
            break
    assert found == body


def test_small_chunks_are_looked_at_once() -> None:
    raw, chunks = Watched(), Chunks()
    for byte in ONE_BYTE_CHUNKS:
        raw.append(byte)
        assert chunks.read(raw) is None
    raw += b"0\r\n\r\n"
    assert chunks.read(raw) == b"x" * 3000
    assert raw.searched < 10 * len(raw)


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (HEAD + ONE_BYTE_CHUNKS + b"0\r\n\r\n", (200, b"x" * 3000)),
        (b"HTTP/1.1 404 No\r\ncontent-length: 3\r\n\r\nabc", (404, b"abc")),
        (b"HTTP/1.1 204 None\r\n\r\n", (204, b"")),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n", Failure.TOO_LARGE),
        (HEAD + b"11170\r\n" + b"y" * 70_000 + b"\r\n0\r\n\r\n", Failure.TOO_LARGE),
        (b"SSH-2.0-OpenSSH\r\n", Failure.NOT_HTTP),
        (b"HTTP/1.1 " + b"x" * 20_000, Failure.NOT_HTTP),
        (b"HTTP/2 200\r\n\r\n", Failure.NOT_HTTP),
    ],
)
def test_an_answer_is_the_same_in_parts_of_any_size(size: int, answer: bytes, wanted: object) -> None:
    assert answered([answer[at : at + size] for at in range(0, len(answer), size)]) == [wanted]


def test_an_answer_byte_by_byte_costs_as_much_for_each_byte_however_long_it_is() -> None:
    """Counted in searches: how many a part takes must not grow with what came before."""
    searches = 0

    def enter(_frame: object, event: str, argument: object) -> None:
        nonlocal searches
        if event == "c_call" and getattr(argument, "__name__", "") in ("find", "match"):
            searches += 1

    counts = []
    for chunks in (500, 2000):
        parts = [bytes([byte]) for byte in HEAD + b"1\r\nx\r\n" * chunks + b"0\r\n\r\n"]
        searches = 0
        sys.setprofile(enter)
        try:
            assert answered(parts) == [(200, b"x" * chunks)]
        finally:
            sys.setprofile(None)
        counts.append(searches)
    assert counts[1] < 6 * counts[0], counts
