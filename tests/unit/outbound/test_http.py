"""The client against servers that drip, swell, redirect, compress and hang up."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend_server.outbound import (
    AnswerCompressed,
    AnswerTooLarge,
    Bounds,
    CallFailed,
    CallTimedOut,
    HttpClient,
    HttpReply,
    HttpRequest,
    PermittedAddress,
)
from tests.support.raw_server import raw_server, reply


@pytest.fixture
def http() -> Iterator[HttpClient]:
    made = HttpClient("The test server")
    yield made
    made.close()


def get(http: HttpClient, port: int, *, seconds: float = 2.0, most: int = 1000) -> HttpReply:
    return http.send(HttpRequest("GET", f"http://127.0.0.1:{port}/x?y=1"), Bounds(seconds, most))


def test_an_ordinary_answer_and_a_kept_connection(http: HttpClient) -> None:
    heads: list[bytes] = []
    peers: set[object] = set()

    def script(connection: socket.socket, head: bytes) -> None:
        heads.append(head)
        peers.add(connection.getpeername())
        connection.sendall(reply(b"hello", "X-Thing: 1"))

    with raw_server(script) as port:
        for _ in range(3):
            answer = get(http, port)
            assert (answer.status, answer.body, answer.headers["x-thing"]) == (200, b"hello", "1")
        http.close()
    assert len(peers) == 1
    assert heads[0].startswith(b"GET /x?y=1 HTTP/1.1\r\n")
    assert b"Accept-Encoding: identity" in heads[0]


@pytest.mark.parametrize("where", ["status line", "headers", "body"])
def test_a_dripping_server_is_left_at_the_deadline(http: HttpClient, where: str) -> None:
    def script(connection: socket.socket, head: bytes) -> None:
        whole = reply(b"x" * 100, "X-Filler: " + "y" * 100)
        start = {"status line": 0, "headers": 20, "body": whole.index(b"\r\n\r\n") + 4}[where]
        connection.sendall(whole[:start])
        for byte in whole[start:]:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    with raw_server(script) as port:
        began = time.monotonic()
        with pytest.raises(CallTimedOut, match=r"did not answer within 0\.3 s"):
            get(http, port, seconds=0.3)
        assert time.monotonic() - began < 1.0
        http.close()


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("start", "endless"),
    [
        pytest.param(b"", b"HTTP/1.1 100 Continue\r\n\r\n", id="interim answers"),
        pytest.param(CHUNKED + b"0\r\n", b"X-Trailer: y\r\n", id="trailers"),
        pytest.param(CHUNKED + b"-1\r\n", b"x", id="a chunk below zero"),
        pytest.param(CHUNKED, b"1\r\nx\r\n", id="tiny chunks"),
        pytest.param(b"HTTP/1.0 200 OK\r\n\r\n", b"x", id="a body that ends with the connection"),
    ],
)
def test_what_never_ends_is_neither_kept_nor_waited_for(http: HttpClient, start: bytes, endless: bytes) -> None:
    sent = 0

    def script(connection: socket.socket, head: bytes) -> None:
        nonlocal sent
        connection.sendall(start)
        while True:
            connection.sendall(endless * 2000)
            sent += len(endless) * 2000

    with raw_server(script) as port:
        with pytest.raises(AnswerTooLarge, match="more than 0 KiB"):
            get(http, port, seconds=10, most=1000)
        http.close()
    assert sent < 20_000_000  # what the sockets' buffers hold, not what ten seconds bring


def test_headers_without_end_are_refused(http: HttpClient) -> None:
    def script(connection: socket.socket, head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(b"X-Filler: y\r\n" * 50)

    with raw_server(script) as port:
        with pytest.raises(CallFailed, match="broke off"):
            get(http, port, seconds=10)
        http.close()


def test_a_chunk_below_zero_is_no_answer(http: HttpClient) -> None:
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n"
    with raw_server(lambda connection, head: connection.sendall(answer)) as port:
        with pytest.raises(CallFailed, match="broke off"):
            get(http, port)
        http.close()


def test_a_server_that_does_not_read_is_left_at_the_deadline(http: HttpClient) -> None:
    with raw_server(lambda connection, head: time.sleep(0.6)) as port:
        began = time.monotonic()
        with pytest.raises(CallTimedOut):
            http.send(HttpRequest("POST", f"http://127.0.0.1:{port}/", body=b"x" * 20_000_000), Bounds(0.3, 10))
        assert time.monotonic() - began < 1.0
        http.close()


def test_a_name_that_is_not_resolved_in_time_is_left_at_the_deadline(
    http: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve(host: str, port: int, seconds: float) -> list[str]:
        time.sleep(seconds)
        raise TimeoutError

    monkeypatch.setattr("backend_server.outbound.connections.resolve_within", resolve)
    began = time.monotonic()
    with pytest.raises(CallTimedOut):
        http.send(HttpRequest("GET", "http://grafana.invalid:3000/"), Bounds(0.2, 10))
    assert time.monotonic() - began < 0.5


def test_a_silent_server_is_left_at_the_deadline(http: HttpClient) -> None:
    with raw_server(lambda connection, head: time.sleep(0.6)) as port:
        with pytest.raises(CallTimedOut):
            get(http, port, seconds=0.2)
        http.close()


@pytest.mark.parametrize("announced", [True, False])
def test_more_than_the_cap_is_not_taken(http: HttpClient, announced: bool) -> None:
    def script(connection: socket.socket, head: bytes) -> None:
        if announced:
            connection.sendall(reply(b"x" * 5000))
        else:
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(50):
                connection.sendall(b"64\r\n" + b"x" * 100 + b"\r\n")
            connection.sendall(b"0\r\n\r\n")

    with raw_server(script) as port:
        with pytest.raises(AnswerTooLarge):
            get(http, port)
        http.close()


def test_a_redirect_is_an_answer_and_is_not_followed(http: HttpClient) -> None:
    calls: list[bytes] = []

    def script(connection: socket.socket, head: bytes) -> None:
        calls.append(head)
        connection.sendall(reply(b"", "Location: http://127.0.0.1:1/elsewhere", status="302 Found"))

    with raw_server(script) as port:
        answer = get(http, port)
        http.close()
    assert answer.status == 302
    assert len(calls) == 1


def test_a_compressed_answer_is_refused(http: HttpClient) -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    with raw_server(lambda connection, head: connection.sendall(reply(bomb, "Content-Encoding: gzip"))) as port:
        with pytest.raises(AnswerCompressed, match="compressed"):
            get(http, port, most=100_000)
        http.close()


def test_a_broken_off_answer_is_an_error(http: HttpClient) -> None:
    def script(connection: socket.socket, head: bytes) -> None:
        connection.sendall(reply(b"x" * 100)[:-50])
        raise OSError("enough")

    with raw_server(script) as port:
        with pytest.raises(CallFailed, match="broke off"):
            get(http, port)
        http.close()


def test_an_unreachable_server_is_named_without_its_address(http: HttpClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(CallFailed) as failed:
        get(http, port)
    assert failed.value.message == "The test server cannot be reached."
    assert failed.value.refused
    assert failed.value.reason == "ConnectionRefusedError"
    assert str(port) not in failed.value.message


def test_a_kept_connection_closed_meanwhile_is_tried_once_more(http: HttpClient) -> None:
    served: list[int] = []

    def script(connection: socket.socket, head: bytes) -> None:
        served.append(1)
        if len(served) == 2:
            raise OSError("closed just as the second request came")
        connection.sendall(reply(b"ok"))

    with raw_server(script) as port:
        get(http, port)
        assert get(http, port).body == b"ok"
        served[:] = [1]
        with pytest.raises(CallFailed):
            http.send(HttpRequest("POST", f"http://127.0.0.1:{port}/", body=b"x"), Bounds(2, 10))
        http.close()


def test_when_all_kept_connections_were_closed_one_more_try_is_enough(http: HttpClient) -> None:
    """The second try opens a connection instead of taking the next one that was kept."""
    together = threading.Barrier(3)
    closing = threading.Event()
    tries: list[object] = []

    def script(connection: socket.socket, head: bytes) -> None:
        if closing.is_set() and connection in kept:
            tries.append(connection)
            raise OSError("closed just as the request came")
        if not closing.is_set():
            kept.append(connection)
            together.wait(5)
        connection.sendall(reply(b"ok"))

    kept: list[socket.socket] = []
    with raw_server(script) as port:
        threads = [threading.Thread(target=get, args=(http, port)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        closing.set()
        assert get(http, port).body == b"ok"
        http.close()
    assert len(kept) == 3
    assert len(tries) == 1


def test_an_answer_that_broke_off_is_not_asked_for_again(http: HttpClient) -> None:
    served: list[bytes] = []

    def script(connection: socket.socket, head: bytes) -> None:
        served.append(head)
        connection.sendall(reply(b"ok") if len(served) == 1 else b"HTTP/1.1 2")
        if len(served) == 2:
            raise OSError("enough")

    with raw_server(script) as port:
        get(http, port)
        with pytest.raises(CallFailed, match="broke off"):
            get(http, port)
        http.close()
    assert len(served) == 2


def test_head_and_body_leave_in_one_piece(http: HttpClient) -> None:
    requests: list[bytes] = []

    def script(connection: socket.socket, head: bytes) -> None:
        requests.append(head)
        connection.sendall(reply(b"ok"))

    with raw_server(script) as port:
        for _ in range(20):
            http.send(HttpRequest("POST", f"http://127.0.0.1:{port}/", body=b"the body"), Bounds(2, 10))
        http.close()
    assert all(request.endswith(b"\r\n\r\nthe body") for request in requests)


def test_what_may_not_stand_in_a_request_line_is_escaped(http: HttpClient) -> None:
    heads: list[bytes] = []

    def script(connection: socket.socket, head: bytes) -> None:
        heads.append(head)
        connection.sendall(reply(b"ok"))

    with raw_server(script) as port:
        http.send(HttpRequest("GET", f"http://127.0.0.1:{port}/münchen a/%41?x=ü"), Bounds(2, 10))
        http.close()
    assert heads[0].startswith(b"GET /m%C3%BCnchen%20a/%41?x=%C3%BC HTTP/1.1\r\n")


def test_nothing_is_remembered_from_one_call_to_the_next(
    http: HttpClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    heads: list[bytes] = []

    def script(connection: socket.socket, head: bytes) -> None:
        heads.append(head.lower())
        connection.sendall(reply(b"ok", "Set-Cookie: session=1"))

    with raw_server(script) as port:
        get(http, port)
        get(http, port)
        http.close()
    assert not any(b"cookie" in head or b"authorization" in head for head in heads)


def test_no_proxy_of_the_environment_is_used(http: HttpClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with raw_server(lambda connection, head: connection.sendall(reply(b"ok"))) as port:
        assert get(http, port).body == b"ok"
        http.close()


def test_the_connection_goes_to_the_permitted_address_with_the_name_in_the_host_header(http: HttpClient) -> None:
    heads: list[bytes] = []

    def script(connection: socket.socket, head: bytes) -> None:
        heads.append(head)
        connection.sendall(reply(b"ok"))

    with raw_server(script) as port:
        permitted = PermittedAddress(f"http://device.invalid:{port}/", "http", "device.invalid", port, ("127.0.0.1",))
        answer = http.send(HttpRequest("GET", permitted.url, permitted=permitted), Bounds(2, 10))
        http.close()
    assert answer.body == b"ok"
    assert f"Host: device.invalid:{port}".encode() in heads[0]


def test_the_next_checked_address_is_tried_when_one_refuses(http: HttpClient) -> None:
    with raw_server(lambda connection, head: connection.sendall(reply(b"ok"))) as port:
        permitted = PermittedAddress(f"http://x.invalid:{port}/", "http", "x.invalid", port, ("127.0.0.2", "127.0.0.1"))
        answer = http.send(HttpRequest("GET", permitted.url, permitted=permitted), Bounds(2, 10))
        http.close()
    assert answer.body == b"ok"


def test_a_connection_is_kept_for_its_addresses_only(http: HttpClient) -> None:
    """What was permitted for one call is not a way around the check of the next."""
    peers: list[object] = []

    def script(connection: socket.socket, head: bytes) -> None:
        peers.append(connection.getsockname()[0])
        connection.sendall(reply(b"ok"))

    with raw_server(script) as port:
        url = f"http://localhost:{port}/"
        here, elsewhere = (
            PermittedAddress(url, "http", "localhost", port, (address,)) for address in ("127.0.0.1", "127.0.0.9")
        )
        http.send(HttpRequest("GET", url, permitted=here), Bounds(2, 10))
        with pytest.raises(CallFailed):
            http.send(HttpRequest("GET", url, permitted=elsewhere), Bounds(2, 10))
        http.close()
    assert peers == ["127.0.0.1"]
