"""The bounded call, against servers that drip, swell, redirect, compress and hang up."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from backend_server.outbound import AnswerTooLarge, BoundedHttp, CallFailed, CallTimedOut, Permitted

Script = Callable[[socket.socket, bytes], None]


@contextmanager
def server(script: Script) -> Iterator[int]:
    """Serve raw sockets: the script gets the connection and each request head."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)
    stop = threading.Event()
    handlers: list[threading.Thread] = []

    def handle(connection: socket.socket) -> None:
        with connection:
            connection.settimeout(5)
            try:
                while not stop.is_set():
                    head = b""
                    while b"\r\n\r\n" not in head:
                        got = connection.recv(65536)
                        if not got:
                            return
                        head += got
                    script(connection, head)
            except OSError:
                return

    def accept() -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=handle, args=(connection,))
            thread.start()
            handlers.append(thread)

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join()
        for thread in handlers:
            thread.join()


def reply(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.fixture
def http() -> Iterator[BoundedHttp]:
    made = BoundedHttp("The test server")
    yield made
    made.close()


def get(http: BoundedHttp, port: int, **more: object) -> object:
    options = {"deadline_seconds": 2.0, "max_bytes": 1000, **more}
    return http.call("GET", f"http://127.0.0.1:{port}/x?y=1", **options)  # type: ignore[arg-type]  # options vary by test


def test_an_ordinary_answer_and_a_kept_connection(http: BoundedHttp) -> None:
    heads: list[bytes] = []
    peers: set[object] = set()

    def script(connection: socket.socket, head: bytes) -> None:
        heads.append(head)
        peers.add(connection.getpeername())
        connection.sendall(reply(b"hello", "X-Thing: 1"))

    with server(script) as port:
        for _ in range(3):
            answer = http.call("GET", f"http://127.0.0.1:{port}/x?y=1", deadline_seconds=2, max_bytes=1000)
            assert (answer.status, answer.body, answer.headers["x-thing"]) == (200, b"hello", "1")
        http.close()
    assert len(peers) == 1
    assert heads[0].startswith(b"GET /x?y=1 HTTP/1.1\r\n")
    assert b"Accept-Encoding: identity" in heads[0]


@pytest.mark.parametrize("where", ["status line", "headers", "body"])
def test_a_dripping_server_is_left_at_the_deadline(http: BoundedHttp, where: str) -> None:
    def script(connection: socket.socket, head: bytes) -> None:
        whole = reply(b"x" * 100, "X-Filler: " + "y" * 100)
        start = {"status line": 0, "headers": 20, "body": whole.index(b"\r\n\r\n") + 4}[where]
        connection.sendall(whole[:start])
        for byte in whole[start:]:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    with server(script) as port:
        began = time.monotonic()
        with pytest.raises(CallTimedOut, match=r"did not answer within 0\.3 s"):
            get(http, port, deadline_seconds=0.3)
        assert time.monotonic() - began < 1.0
        http.close()


def test_a_silent_server_is_left_at_the_deadline(http: BoundedHttp) -> None:
    with server(lambda connection, head: time.sleep(0.6)) as port:
        with pytest.raises(CallTimedOut):
            get(http, port, deadline_seconds=0.2)
        http.close()


@pytest.mark.parametrize("announced", [True, False])
def test_more_than_the_cap_is_not_taken(http: BoundedHttp, announced: bool) -> None:
    def script(connection: socket.socket, head: bytes) -> None:
        if announced:
            connection.sendall(reply(b"x" * 5000))
        else:
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(50):
                connection.sendall(b"64\r\n" + b"x" * 100 + b"\r\n")
            connection.sendall(b"0\r\n\r\n")

    with server(script) as port:
        with pytest.raises(AnswerTooLarge):
            get(http, port)
        http.close()


def test_a_redirect_is_an_answer_and_is_not_followed(http: BoundedHttp) -> None:
    calls: list[bytes] = []

    def script(connection: socket.socket, head: bytes) -> None:
        calls.append(head)
        connection.sendall(reply(b"", "Location: http://127.0.0.1:1/elsewhere", status="302 Found"))

    with server(script) as port:
        answer = http.call("GET", f"http://127.0.0.1:{port}/", deadline_seconds=2, max_bytes=10)
        http.close()
    assert answer.status == 302
    assert len(calls) == 1


def test_a_compressed_answer_is_refused(http: BoundedHttp) -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    with server(lambda connection, head: connection.sendall(reply(bomb, "Content-Encoding: gzip"))) as port:
        with pytest.raises(CallFailed, match="compressed"):
            get(http, port, max_bytes=100_000)
        http.close()


def test_a_broken_off_answer_is_an_error(http: BoundedHttp) -> None:
    def script(connection: socket.socket, head: bytes) -> None:
        connection.sendall(reply(b"x" * 100)[:-50])
        raise OSError("enough")

    with server(script) as port:
        with pytest.raises(CallFailed, match="broke off"):
            get(http, port)
        http.close()


def test_an_unreachable_server_is_named_without_its_address(http: BoundedHttp) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(CallFailed) as failed:
        get(http, port)
    assert failed.value.message == "The test server cannot be reached."
    assert str(port) not in failed.value.message


def test_a_kept_connection_closed_meanwhile_is_tried_once_more(http: BoundedHttp) -> None:
    served: list[int] = []

    def script(connection: socket.socket, head: bytes) -> None:
        served.append(1)
        if len(served) == 2:
            raise OSError("closed just as the second request came")
        connection.sendall(reply(b"ok"))

    with server(script) as port:
        get(http, port)
        assert http.call("GET", f"http://127.0.0.1:{port}/", deadline_seconds=2, max_bytes=10).body == b"ok"
        served[:] = [1]
        with pytest.raises(CallFailed):
            http.call("POST", f"http://127.0.0.1:{port}/", body=b"x", deadline_seconds=2, max_bytes=10)
        http.close()


def test_no_proxy_of_the_environment_is_used(http: BoundedHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with server(lambda connection, head: connection.sendall(reply(b"ok"))) as port:
        assert http.call("GET", f"http://127.0.0.1:{port}/", deadline_seconds=2, max_bytes=10).body == b"ok"
        http.close()


def test_the_connection_goes_to_the_permitted_address_with_the_name_in_the_host_header(http: BoundedHttp) -> None:
    heads: list[bytes] = []

    def script(connection: socket.socket, head: bytes) -> None:
        heads.append(head)
        connection.sendall(reply(b"ok"))

    with server(script) as port:
        permitted = Permitted(f"http://device.invalid:{port}/", "http", "device.invalid", port, ("127.0.0.1",))
        answer = http.call("GET", permitted.url, permitted=permitted, deadline_seconds=2, max_bytes=10)
        http.close()
    assert answer.body == b"ok"
    assert f"Host: device.invalid:{port}".encode() in heads[0]
