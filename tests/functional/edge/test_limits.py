"""Slow, greedy and many clients: they are bounded, and the others are served all the same."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.edge import Edge, ask, configuration, parsed, running_edge

TOKEN = "0123456789abcdef0123456789abcdef"
OTHER = "f" * 32


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    shorter = {
        "client_header_timeout 10s": "client_header_timeout 1s",
        "client_body_timeout 10s": "client_body_timeout 1s",
    }
    with running_edge(tmp_path_factory.mktemp("edge"), edits=shorter) as running:
        yield running


def begin(edge: Edge, stack: ExitStack, text: str) -> socket.socket:
    connection = stack.enter_context(socket.create_connection(("127.0.0.1", edge.port), timeout=5))
    connection.sendall(text.encode())
    return connection


def test_half_sent_requests_hold_up_nobody_and_are_ended(edge: Edge) -> None:
    edge.forget()
    with ExitStack() as stack:
        halves = [begin(edge, stack, "GET /half HTTP/1.1\r\nHost: board.test\r\nX-Slow: ") for _ in range(200)]
        began = time.monotonic()
        for number in range(20):
            assert ask(edge.port, f"/quick/{number}").status == 200
        assert time.monotonic() - began < 2
        assert {one.path for one in edge.web.arrived} == {f"/quick/{number}" for number in range(20)}
        for half in halves:
            half.settimeout(5)
            assert half.recv(1000)[:20] in (b"", b"HTTP/1.1 408 Request")


def test_a_dripping_body_never_reaches_a_thread_of_web(edge: Edge) -> None:
    edge.forget()
    with ExitStack() as stack:
        path = f"/grafana/public-dashboards/{TOKEN}/panels/1/data"
        head = f"POST {path} HTTP/1.1\r\nHost: board.test\r\nContent-Length: 900\r\n\r\n"
        dripping = [begin(edge, stack, head + "{") for _ in range(64)]
        for number in range(10):
            for one in dripping:
                one.sendall(b" ")
            assert ask(edge.port, f"/meanwhile/{number}").status == 200
            time.sleep(0.05)
        assert {one.path for one in edge.web.arrived} == {f"/meanwhile/{number}" for number in range(10)}
        # Who stops dripping is told after a second, in the words of the product.
        answer = dripping[0].recv(4000)
        assert answer == b"" or parsed(answer).status == 408


def test_a_body_larger_than_its_address_takes_is_refused_before_it_is_sent(edge: Edge) -> None:
    edge.forget()
    for path, size in (
        (f"/grafana/public-dashboards/{TOKEN}/panels/1/data", 70_000),
        ("/login", 2_000_000),
        ("/api/devices/batch", 40_000_000),
    ):
        reply = ask(edge.port, path, f"Content-Length: {size}", "Content-Type: application/json", method="POST")
        assert reply.status == 413, path
        assert json.loads(reply.body)["error"]["code"] == "too_large"
    assert edge.web.arrived == []


def test_connections_of_one_address_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configuration, "CONNECTIONS", {"address": 10, "link": 100})
    with running_edge(tmp_path) as edge, ExitStack() as stack:
        head = "POST /login HTTP/1.1\r\nHost: board.test\r\nContent-Length: 900\r\n\r\n"
        for _ in range(10):
            begin(edge, stack, head)
        time.sleep(0.3)
        reply = ask(edge.port, "/login")
        assert reply.status == 429
        assert json.loads(reply.body)["error"]["code"] == "rate_limited"


def test_requests_of_one_client_are_bounded(tmp_path: Path) -> None:
    with running_edge(tmp_path, limit_client=5) as edge:
        statuses = [ask(edge.port, "/login").status for _ in range(60)]
        assert statuses[:25] == [200] * 25, "a burst passes"
        assert 429 in statuses
        time.sleep(1)
        assert ask(edge.port, "/login").status == 200, "and a moment later the client is served again"


def test_a_host_that_brings_a_token_may_speak_for_its_fleet(tmp_path: Path) -> None:
    token = "Authorization: Bearer dw_some-token"
    with running_edge(tmp_path, limit_client=2) as edge:
        hook = [ask(edge.port, f"/api/devices/rig-{number}", token, method="PUT").status for number in range(80)]
        assert hook == [200] * 80
        assert ask(edge.port, "/login").status == 200, "which takes nothing from those without"
        for path, lines in (("/api/devices", ()), ("/login", (token,)), ("/api/devices", ("Authorization: ",))):
            assert 429 in [ask(edge.port, path, *lines).status for _ in range(60)], (path, lines)
        assert 429 in [ask(edge.port, "/api/devices", token).status for _ in range(1000)], "it is bounded all the same"


def test_the_data_of_links_has_ten_times_the_bound_since_an_office_shares_an_address(tmp_path: Path) -> None:
    paths = (
        f"/grafana/public-dashboards/{TOKEN}/panels/1/data",
        f"/grafana/api/public/dashboards/{TOKEN}/panels/1/query",
        f"/grafana/api/public/dashboards/{TOKEN}",
    )
    with running_edge(tmp_path, limit_client=1) as edge:
        assert {ask(edge.port, path).status for _ in range(15) for path in paths} == {200}
        assert 429 in [ask(edge.port, path).status for _ in range(600) for path in paths], "it is bounded all the same"
        assert ask(edge.port, "/login").status == 200, "and by itself"


def test_requests_for_one_link_are_bounded_and_other_links_are_not_touched(tmp_path: Path) -> None:
    with running_edge(tmp_path, limit_link=5) as edge:
        page = f"/grafana/public-dashboards/{TOKEN}"
        data = f"/grafana/api/public/dashboards/{TOKEN}"
        replies = [ask(edge.port, path) for _ in range(30) for path in (page, data)]
        assert [reply.status for reply in replies[:20]] == [200] * 20
        refused = [reply for reply in replies if reply.status == 429]
        assert {reply.headers["content-type"] for reply in refused} == {
            "text/html; charset=utf-8",
            "application/json",
        }
        assert ask(edge.port, f"/grafana/public-dashboards/{OTHER}").status == 200
        assert ask(edge.port, "/login").status == 200


def test_behind_a_trusted_proxy_each_visitor_has_their_own_bound(tmp_path: Path) -> None:
    with running_edge(tmp_path, limit_client=1, trusted_proxies="127.0.0.0/8") as edge:
        one = [ask(edge.port, "/login", "X-Forwarded-For: 203.0.113.1").status for _ in range(30)]
        assert 429 in one
        reply = ask(edge.port, "/login", "X-Forwarded-For: 203.0.113.1, 203.0.113.2", "X-Forwarded-Proto: https")
        assert reply.status == 200
        assert edge.web.arrived[-1].header("x-forwarded-for") == ["203.0.113.2"]
        assert edge.web.arrived[-1].header("x-forwarded-proto") == ["https"]


def test_nobody_else_may_say_for_whom_they_ask(tmp_path: Path) -> None:
    with running_edge(tmp_path, trusted_proxies="10.0.0.0/8") as edge:
        ask(edge.port, "/login", "X-Forwarded-For: 203.0.113.1", "X-Forwarded-Proto: https")
        assert edge.web.arrived[-1].header("x-forwarded-for") == ["127.0.0.1"]
        assert edge.web.arrived[-1].header("x-forwarded-proto") == ["http"]


def test_an_https_address_of_links_says_how_their_visitors_came(tmp_path: Path) -> None:
    with running_edge(tmp_path, public_url="https://board.test") as edge:
        for host, scheme in (
            ("board.test", "https"),
            ("board.test:443", "https"),
            ("127.0.0.1", "http"),
            ("xboard.test", "http"),
        ):
            ask(edge.port, "/login", host=host)
            assert edge.web.arrived[-1].header("x-forwarded-proto") == [scheme], host


def test_guessing_at_grafanas_own_sign_in_is_bounded_however_it_is_written(edge: Edge) -> None:
    cookies = "Cookie: grafana_session=a; grafana_session_expiry=1"

    def statuses(path: str) -> set[int]:
        return {ask(edge.grafana_port, path, cookies, method="POST", body=b"{}").status for _ in range(40)}

    assert statuses("/grafana/login") == {200, 429}
    edge.forget()
    assert statuses("/grafana/login/") == {302}
    assert edge.grafana.arrived == []
