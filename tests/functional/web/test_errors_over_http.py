"""Errors: one shape, the right status, no internals, no side effect; whatever is sent."""

from __future__ import annotations

import http.client
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend_server.errors import (
    ConfigError,
    DashwrightError,
    Gone,
    ProvisioningError,
    TooManyRequests,
    UpstreamError,
    UpstreamTimeout,
)
from backend_server.storage.engine.sqlite import ChangeWatch
from backend_server.storage.engine.topics import ChangeNumbers
from backend_server.web.requests import MAX_BODY_BYTES
from tests.support.app import LiveApp, running_app


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[LiveApp]:
    with running_app(tmp_path_factory.mktemp("errors"), empty_database=sqlite_template) as running:
        yield running


HOSTILE_IDS = [
    "..",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e",
    "a%00b",
    "%00",
    "a%2fb",
    "a%5cb",
    "-a",
    ".a",
    "%20",
    "a%0ab",
    "a" * 65,
    "%ff%fe",
    "%F0%9F%98%80",
    "%C0%AE",
    "<script>",
    "'%20OR%201=1",
    "{{7*7}}",
    "$(id)",
    "%25%32%66",
]


@pytest.mark.parametrize("device_id", HOSTILE_IDS)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/devices/{}"),
        ("PUT", "/api/devices/{}"),
        ("PATCH", "/api/devices/{}"),
        ("DELETE", "/api/devices/{}"),
        ("POST", "/api/devices/{}/revive"),
        ("GET", "/api/devices/{}/dashboard"),
        ("GET", "/api/links/{}"),
        ("DELETE", "/api/links/{}"),
        ("GET", "/api/templates/{}"),
        ("DELETE", "/api/tokens/{}"),
    ],
)
def test_hostile_ids_are_refused_cleanly(app: LiveApp, method: str, path: str, device_id: str) -> None:
    before = app.deeds()
    status, body = raw(app, method, path.format(device_id))
    assert status in (400, 404, 405, 422), body
    assert b'"error":{' in body
    assert b"Traceback" not in body
    assert app.deeds() == before


def raw(app: LiveApp, method: str, path: str) -> tuple[int, bytes]:
    """Send a path as it stands, which urllib would tidy up."""
    connection = http.client.HTTPConnection(app.base.removeprefix("http://"), timeout=10)
    try:
        connection.putrequest(method, path.replace(" ", "%20"), skip_host=False)
        connection.putheader("Authorization", f"Bearer {app.token}")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", "2")
        connection.endheaders(b"{}")
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "code"),
    [
        pytest.param("GET", "/api/nothing", None, {}, 404, "not_found", id="no such route"),
        pytest.param("GET", "/api//me", None, {}, 404, "not_found", id="a doubled slash is another address"),
        pytest.param("POST", "/api/me", {}, {}, 405, "method_not_allowed", id="wrong method"),
        pytest.param("PUT", "/api/devices/a", b"{", {}, 400, "bad_request", id="the hook with broken JSON"),
        pytest.param("PATCH", "/api/devices/a", b"{,", {}, 400, "bad_request", id="broken JSON"),
        pytest.param("PATCH", "/api/devices/a", b"\xff\xfe", {}, 400, "bad_request", id="no UTF-8"),
        pytest.param("POST", "/api/tokens", b'{"name": NaN}', {}, 400, "bad_request", id="NaN is no JSON"),
        pytest.param("POST", "/api/tokens", b"[" * 5000, {}, 400, "bad_request", id="too deep"),
        pytest.param("POST", "/api/tokens", None, {}, 422, "invalid", id="no body"),
        pytest.param(
            "PUT", "/api/devices/a", b"a=b", {"Content-Type": "text/plain"}, 415, "unsupported_media_type", id="no JSON"
        ),
        pytest.param("POST", "/api/tokens", {"name": "x", "more": 1}, {}, 422, "invalid", id="unknown field"),
        pytest.param("PUT", "/api/devices/a", {"hostname": 1}, {}, 422, "invalid", id="wrong kind of value"),
        pytest.param("PUT", "/api/devices/a?wait=1h", {}, {}, 422, "invalid", id="waiting too long"),
        pytest.param("GET", "/api/devices?page=0", None, {}, 422, "invalid", id="page zero"),
        pytest.param("GET", "/api/devices?per_page=5000", None, {}, 422, "invalid", id="too large a page"),
        pytest.param("GET", "/api/devices?unknown=1", None, {}, 422, "invalid", id="unknown parameter"),
        pytest.param("GET", "/api/devices/unknown", None, {}, 404, "not_found", id="no such device"),
        pytest.param("POST", "/api/links", {"device": "unknown"}, {}, 404, "not_found", id="link to nothing"),
        pytest.param("POST", "/api/links", {}, {}, 422, "invalid", id="link to nobody"),
        pytest.param("GET", "/api/templates/unknown", None, {}, 404, "not_found", id="no such template"),
        pytest.param("GET", "/api/me", None, {"Host": "a b"}, 400, "bad_request", id="no host"),
    ],
)
def test_each_mistake_has_its_status_and_code(
    app: LiveApp, method: str, path: str, body: object, headers: dict[str, str], status: int, code: str
) -> None:
    reply = app.call(method, path, body, headers=headers)
    assert (reply.status, reply.json()["error"]["code"]) == (status, code), reply.body
    assert reply.json()["error"]["message"]
    assert reply.json()["error"]["request_id"]


def test_problems_name_their_place(app: LiveApp) -> None:
    error = app.call("PUT", "/api/devices/a", {"hostname": "x" * 300, "labels": {"site": 1}}).json()["error"]
    assert [problem["path"] for problem in error["details"]["problems"]] == ["hostname", "labels.site"]
    error = app.call("POST", "/api/tokens", {"name": "x", "role": "king"}).json()["error"]
    assert error["details"]["problems"][0]["path"] == "role"


def test_a_body_that_is_too_large_is_refused_unread(app: LiveApp) -> None:
    connection = http.client.HTTPConnection(app.base.removeprefix("http://"), timeout=10)
    connection.putrequest("POST", "/api/devices/batch")
    connection.putheader("Authorization", f"Bearer {app.token}")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(MAX_BODY_BYTES + 1))
    connection.endheaders(b"[")
    answer = connection.getresponse()
    assert answer.status == 413
    assert b'"too_large"' in answer.read()
    connection.close()


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (UpstreamError("Grafana failed.", details={"status": 500}), 502),
        (UpstreamTimeout("Grafana was too slow."), 504),
        (Gone("It is over."), 410),
        (TooManyRequests("Slowly.", details={"retry_after_seconds": 7}), 429),
        (ProvisioningError("/var/lib/secret-place refuses"), 500),
        (ConfigError("SECRET_KEY is hunter2"), 500),
        (DashwrightError("inner words"), 500),
        (RuntimeError("inner words with hunter2"), 500),
        (RecursionError(), 500),
    ],
)
def test_errors_of_every_kind_are_worded_without_internals(
    app: LiveApp, monkeypatch: pytest.MonkeyPatch, fault: Exception, status: int
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(type(app.services.devices), "get", fail)
    reply = app.call("GET", "/api/devices/a", headers={"X-Request-Id": "my-own-id-1"})
    assert reply.status == status
    error = reply.json()["error"]
    assert error["request_id"] == reply.headers["X-Request-Id"] == "my-own-id-1"
    if status == 500:
        assert error["code"] in ("internal", "provisioning", "config")
        for word in ("hunter2", "secret-place", "inner words", "Traceback"):
            assert word not in reply.body.decode()
    if status == 429:
        assert reply.headers["Retry-After"] == "7"


@pytest.mark.parametrize("given", ["short", "a b c d e f g h", "x" * 65, "new\tline-x", "<script>alert(1)</script>"])
def test_only_a_plain_request_id_is_taken_over(app: LiveApp, given: str) -> None:
    assert app.call("GET", "/api/me", headers={"X-Request-Id": given}).headers["X-Request-Id"] != given


def test_people_get_a_page_and_programs_json(app: LiveApp) -> None:
    page = app.call("GET", "/nothing", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (page.status, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert b"There is nothing at this address." in page.body
    assert app.call("GET", "/nothing", headers={"Accept": "*/*"}).json()["error"]["code"] == "not_found"
    assert app.call("GET", "/api/nothing", headers={"Accept": "text/html"}).json()["error"]["code"] == "not_found"


def test_every_answer_carries_the_security_headers(app: LiveApp) -> None:
    for path in ("/api/me", "/api/nothing", "/login", "/", "/server/health", "/static/app.css"):
        headers = app.call("GET", path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "X-Request-Id" in headers
        if path != "/static/app.css":
            assert headers["Cache-Control"] == "no-store"


def test_the_database_going_away_is_said_and_not_a_crash(app: LiveApp, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> ChangeNumbers:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(ChangeWatch, "numbers", fail)
    assert app.call("GET", "/api/me").status == 502
    health = app.call("GET", "/server/health", token=None)
    assert health.status == 503
    assert health.json()["status"] == "not_ready"
    assert health.json()["components"]["database"]["status"] == "down"
