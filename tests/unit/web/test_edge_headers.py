"""What headers may claim: no identity, no moved path, no forwarded address from strangers."""

from __future__ import annotations

from typing import Any

import pytest

from backend_server.primitives.identity_headers import IDENTITY_HEADERS
from backend_server.web.edge_headers import CLIENT, DIRECT, EdgeHeaders, is_host


def seen(*trusted: str, **environ: Any) -> dict[str, Any]:
    """Return the environment as the application behind the middleware sees it."""
    found: dict[str, Any] = {}

    def app(environment: dict[str, Any], _start: object) -> list[bytes]:
        found.update(environment)
        return []

    base = {"REMOTE_ADDR": "127.0.0.1", "PATH_INFO": "/api/me", "HTTP_HOST": "dash.test", "wsgi.url_scheme": "http"}
    EdgeHeaders(app, trusted)({**base, **environ}, lambda *_: None)
    return found


@pytest.mark.parametrize(
    "header",
    [
        *(f"HTTP_{name.upper().replace('-', '_')}" for name in IDENTITY_HEADERS),
        "HTTP_X_REMOTE_GROUPS",
        "HTTP_X_SSL_CLIENT_DN",
        "HTTP_X_GRAFANA_ANYTHING",
        "HTTP_X_FORWARDED_ANYTHING",
        "HTTP_X_REAL_IP",
        "HTTP_X_SSL_CLIENT_VERIFY",
        "HTTP_SSL_CLIENT_CERT",
        "HTTP_X_ORIGINAL_HOST",
        "HTTP_SCRIPT_NAME",
        "HTTP_PATH_INFO",
        "REMOTE_USER",
    ],
)
@pytest.mark.parametrize("peer", ["127.0.0.1", "192.0.2.1"])
def test_identity_headers_are_dropped_whoever_sends_them(header: str, peer: str) -> None:
    assert header not in seen(**{header: "admin", "REMOTE_ADDR": peer})


def test_a_script_name_cannot_move_the_path() -> None:
    found = seen(SCRIPT_NAME="/pub", PATH_INFO="lic")
    assert (found["SCRIPT_NAME"], found["PATH_INFO"]) == ("", "/public"[:4] + "lic")


@pytest.mark.parametrize("peer", ["127.0.0.1", ""], ids=["loopback", "unix socket"])
def test_the_edge_is_believed(peer: str) -> None:
    found = seen(
        REMOTE_ADDR=peer,
        HTTP_X_FORWARDED_FOR="10.0.0.1, 203.0.113.9",
        HTTP_X_FORWARDED_PROTO="https",
        HTTP_X_FORWARDED_HOST="dash.example.com:8443",
    )
    assert found[CLIENT] == "203.0.113.9"
    assert found[DIRECT] is False
    assert found["wsgi.url_scheme"] == "https"
    assert found["HTTP_HOST"] == "dash.example.com:8443"


def test_a_stranger_is_not_believed() -> None:
    found = seen(
        REMOTE_ADDR="203.0.113.9",
        HTTP_X_FORWARDED_FOR="127.0.0.1",
        HTTP_X_FORWARDED_PROTO="https",
        HTTP_X_FORWARDED_HOST="evil.example",
    )
    assert (found[CLIENT], found["wsgi.url_scheme"], found["HTTP_HOST"]) == ("203.0.113.9", "http", "dash.test")


@pytest.mark.parametrize("proto", ["javascript", "HTTPS", "", "http,https"])
def test_only_two_schemes_are_taken_over(proto: str) -> None:
    assert seen(HTTP_X_FORWARDED_PROTO=proto)["wsgi.url_scheme"] == "http"


@pytest.mark.parametrize("host", ['x"><script>', "a b", "evil.example/path", "a@b", "", "x" * 300, "a:999999"])
def test_what_is_no_host_is_not_taken_over(host: str) -> None:
    assert not is_host(host)
    assert seen(HTTP_X_FORWARDED_HOST=host)["HTTP_HOST"] == "dash.test"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:5109", "[::1]:5109", "dash.example.com"])
def test_hosts(host: str) -> None:
    assert is_host(host)


def test_a_forwarded_address_that_is_none_is_nobodys() -> None:
    assert seen(HTTP_X_FORWARDED_FOR="not an address")[CLIENT] == "unknown"


@pytest.mark.parametrize(
    ("told", "client"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("1.2.3.4, 203.0.113.9", "203.0.113.9"),  # what stands before the proxy's own word is anybody's
        ("203.0.113.9, 10.0.0.7, 10.0.0.8", "203.0.113.9"),
        ("10.0.0.7", "10.0.0.7"),
        ("", "10.1.2.3"),
        ("evil, 10.0.0.7", "unknown"),
    ],
)
def test_a_trusted_proxy_says_for_whom_it_asks(told: str, client: str) -> None:
    given = {"HTTP_X_FORWARDED_FOR": told, "HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_HOST": "evil.test"}
    found = seen("10.0.0.0/8", "fd00::/8", REMOTE_ADDR="10.1.2.3", **given)
    assert (found[CLIENT], found["wsgi.url_scheme"], found["HTTP_HOST"]) == (client, "https", "dash.test")
    stranger = seen("10.0.0.0/8", REMOTE_ADDR="192.0.2.1", **given)
    assert (stranger[CLIENT], stranger["wsgi.url_scheme"]) == ("192.0.2.1", "http")
