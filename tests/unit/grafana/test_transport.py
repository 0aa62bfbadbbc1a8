"""The transport holds its deadline and its cap against any server, and never sends a write twice."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import responses

from backend_server.errors import ConfigError, UpstreamError, UpstreamTimeout
from backend_server.grafana import (
    GrafanaClient,
    GrafanaError,
    GrafanaOddAnswer,
    GrafanaTimeout,
    GrafanaUnreachable,
)
from backend_server.grafana.transport import Transport


@contextmanager
def raw_server(serve: Callable[[socket.socket, int], None]) -> Iterator[str]:
    """Run `serve(connection, number)` for each connection on loopback; gives the base URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def one(connection: socket.socket, number: int) -> None:
        with connection:
            try:
                serve(connection, number)
            except OSError:
                return

    def accept() -> None:
        number = 0
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=one, args=(connection, number))
            thread.start()
            threads.append(thread)
            number += 1

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/grafana"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join()
        for thread in threads:
            thread.join()


def request_of(connection: socket.socket) -> bytes:
    """Read a request's head (and whatever came with it)."""
    found = b""
    while b"\r\n\r\n" not in found:
        part = connection.recv(65536)
        if not part:
            return found
        found += part
    return found


def drip(connection: socket.socket, data: bytes, seconds: float) -> None:
    for place in range(len(data)):
        connection.sendall(data[place : place + 1])
        time.sleep(seconds)


HEALTH = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{"database":"ok"}'


@pytest.mark.parametrize("first", [b"", HEALTH.partition(b"{")[0]], ids=["dripping head", "dripping body"])
def test_a_dripping_server_is_cut_at_the_deadline(first: bytes) -> None:
    def serve(connection: socket.socket, _number: int) -> None:
        request_of(connection)
        connection.sendall(first)
        drip(connection, HEALTH[len(first) :] + b"x" * 200, 0.04)

    with raw_server(serve) as url:
        client = GrafanaClient(url, user="admin", timeout_seconds=0.3)
        started = time.monotonic()
        with pytest.raises(GrafanaTimeout) as cut:
            client.health()
        assert time.monotonic() - started < 1.0
        client.close()
    assert isinstance(cut.value, UpstreamTimeout)
    assert cut.value.code == "upstream_timeout"
    assert "127.0.0.1" not in str(cut.value)


def test_a_server_that_says_nothing_is_cut_at_the_deadline() -> None:
    def serve(connection: socket.socket, _number: int) -> None:
        request_of(connection)
        connection.recv(1)

    with raw_server(serve) as url:
        client = GrafanaClient(url, user="admin", timeout_seconds=0.2)
        with pytest.raises(GrafanaTimeout):
            client.list_public()


@pytest.mark.parametrize("chunked", [False, True])
def test_an_answer_larger_than_the_cap_is_not_taken(chunked: bool) -> None:
    sent = []

    def serve(connection: socket.socket, _number: int) -> None:
        request_of(connection)
        head = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: 100000000"
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n")
        block = b"x" * 65536
        for _ in range(1000):
            connection.sendall(b"10000\r\n" + block + b"\r\n" if chunked else block)
            sent.append(len(block))

    with raw_server(serve) as url:
        transport = Transport(url, identity={}, timeout_seconds=5, cap_bytes=200_000)
        with pytest.raises(GrafanaOddAnswer, match="larger than 200000 bytes"):
            transport.send("GET", "/x", headers={})
    assert sum(sent) < 50_000_000


def test_an_answer_of_exactly_the_cap_is_taken() -> None:
    def serve(connection: socket.socket, _number: int) -> None:
        request_of(connection)
        connection.sendall(HEALTH)

    with raw_server(serve) as url:
        transport = Transport(url, identity={}, timeout_seconds=5, cap_bytes=17)
        assert transport.send("GET", "/api/health", headers={}).body == b'{"database":"ok"}'
        transport.close()


def test_a_redirect_is_an_error_and_the_identity_goes_nowhere_else() -> None:
    seen: list[bytes] = []

    def elsewhere(connection: socket.socket, _number: int) -> None:
        seen.append(request_of(connection))

    with raw_server(elsewhere) as other:

        def serve(connection: socket.socket, _number: int) -> None:
            request_of(connection)
            location = f"{other}/api/x".encode()
            connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n")

        with raw_server(serve) as url:
            client = GrafanaClient(url, user="admin", timeout_seconds=2)
            with pytest.raises(GrafanaOddAnswer) as refused:
                client.public_of("a")
            client.close()
    assert refused.value.status == 302
    assert seen == []


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []

    def proxy(connection: socket.socket, _number: int) -> None:
        seen.append(request_of(connection))

    def serve(connection: socket.socket, _number: int) -> None:
        request_of(connection)
        connection.sendall(HEALTH)

    with raw_server(proxy) as other, raw_server(serve) as url:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, other)
        client = GrafanaClient(url, user="admin", timeout_seconds=2)
        assert client.health().ok
        client.close()
    assert seen == []


def test_the_request_carries_what_is_agreed_and_no_more() -> None:
    seen: list[bytes] = []

    def serve(connection: socket.socket, _number: int) -> None:
        while head := request_of(connection):
            seen.append(head)
            connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}")

    with raw_server(serve) as url:
        for client in (
            GrafanaClient(url, "http://grafana.example:3000", user="admin"),
            GrafanaClient(url, token="glsa_x"),
        ):
            with pytest.raises(GrafanaError):
                client.reload()
            client.visitor_dashboard("a" * 32)
            client.close()
    by_user, by_visitor, by_token, _ = (one.decode().split("\r\n") for one in seen)
    assert by_user[0] == "POST /grafana/api/admin/provisioning/dashboards/reload HTTP/1.1"
    assert {
        "X-WEBAUTH-USER: admin",
        "Origin: http://grafana.example:3000",
        "Content-Type: application/json",
        "Accept-Encoding: identity",
        "Content-Length: 0",
    } <= set(by_user)
    assert "Authorization: Bearer glsa_x" in by_token
    assert not any(line.startswith("X-WEBAUTH") for line in by_token + by_visitor)
    assert not any(line.lower().startswith(("origin", "authorization", "cookie")) for line in by_visitor)


def test_a_kept_connection_that_died_is_replaced_for_a_read() -> None:
    def serve(connection: socket.socket, number: int) -> None:
        request_of(connection)
        connection.sendall(HEALTH)
        if number == 0:
            # The next request is read, and only then the connection dies: the peer could not know in advance.
            request_of(connection)
            return
        request_of(connection)

    with raw_server(serve) as url:
        client = GrafanaClient(url, user="admin", timeout_seconds=2)
        assert client.health().ok
        assert client.health().ok
        client.close()


def test_a_write_is_never_sent_twice() -> None:
    writes: list[bytes] = []

    def serve(connection: socket.socket, _number: int) -> None:
        while head := request_of(connection):
            if head.startswith(b"POST"):
                writes.append(head)
                return
            connection.sendall(HEALTH)

    with raw_server(serve) as url:
        client = GrafanaClient(url, user="admin", timeout_seconds=2)
        assert client.health().ok
        with pytest.raises(GrafanaUnreachable) as broken:
            client.reload()
        client.close()
    assert len(writes) == 1
    assert broken.value.starting is False


def test_a_closed_port_means_starting_and_names_no_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    client = GrafanaClient(f"http://127.0.0.1:{port}/grafana", user="admin", timeout_seconds=2)
    with pytest.raises(GrafanaUnreachable) as refused:
        client.health()
    assert refused.value.starting is True
    assert isinstance(refused.value, UpstreamError)
    assert str(port) not in str(refused.value)
    assert "127.0.0.1" not in str(refused.value.details)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<html>", id="a page"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"null", id="null"),
        pytest.param(b"", id="nothing"),
        pytest.param(b'{"message":""}', id="another object"),
    ],
)
@responses.activate
def test_a_success_that_is_not_grafanas_is_named(body: bytes) -> None:
    responses.get(re.compile(r"http://grafana\.invalid/grafana/api/.*"), body=body)
    client = GrafanaClient("http://grafana.invalid/grafana", user="admin")
    calls: tuple[Callable[[], object], ...] = (
        lambda: client.public_of("a"),
        lambda: client.dashboard("a"),
        client.list_public,
        client.version,
    )
    for call in calls:
        with pytest.raises(GrafanaOddAnswer, match="GRAFANA_URL"):
            call()


@responses.activate
def test_an_answer_that_somebody_compressed_is_named() -> None:
    responses.get("http://grafana.invalid/grafana/api/health", body=b"x", headers={"Content-Encoding": "gzip"})
    with pytest.raises(GrafanaOddAnswer, match="compressed although that was not asked for") as refused:
        GrafanaClient("http://grafana.invalid/grafana", user="admin").health()
    assert refused.value.status == 200


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", id="half a body"),
        pytest.param(b"nonsense\r\n\r\n", id="no http"),
        pytest.param(b"", id="nothing at all"),
    ],
)
def test_a_broken_answer_is_unreachable(answer: bytes) -> None:
    def serve(connection: socket.socket, _number: int) -> None:
        request_of(connection)
        connection.sendall(answer)

    with raw_server(serve) as url, pytest.raises(GrafanaUnreachable):
        GrafanaClient(url, user="admin", timeout_seconds=2).list_public()


def test_one_client_serves_many_threads() -> None:
    def serve(connection: socket.socket, _number: int) -> None:
        while request_of(connection):
            connection.sendall(HEALTH)

    found: list[bool] = []
    with raw_server(serve) as url:
        client = GrafanaClient(url, user="admin", timeout_seconds=5)

        def ask() -> None:
            found.extend(client.health().ok for _ in range(20))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        client.close()
    assert found == [True] * 160


@pytest.mark.parametrize("url", ["", "127.0.0.1:3300", "ftp://x/grafana", "http://"])
def test_a_base_that_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="GRAFANA_URL"):
        GrafanaClient(url, user="admin")


@pytest.mark.parametrize("user", ["admin@localhost", "ad\r\nmin", "ädmin"])
def test_a_user_that_is_no_login_is_refused(user: str) -> None:
    with pytest.raises(ConfigError, match="login name"):
        GrafanaClient("http://127.0.0.1:1/grafana", user=user)


def test_one_identity_is_needed_and_only_one() -> None:
    for user, token in ((None, None), ("a", "b"), ("", "")):
        with pytest.raises(ConfigError, match="GRAFANA_PROXY_USER or GRAFANA_TOKEN"):
            GrafanaClient("http://127.0.0.1:1/grafana", user=user, token=token)
