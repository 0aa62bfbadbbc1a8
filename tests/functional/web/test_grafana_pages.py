"""As whom a signed-in person reaches Grafana, and where the others are led; readings for a Prometheus elsewhere."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from backend_server.accounts import Role, Scope
from tests.fakes.grafana import FakeGrafana
from tests.support.app import LiveApp, admin_session, live_app, running_app
from tests.support.grafana import write_provisioning

__all__ = ["live_app"]
WHO = "/internal/grafana-user"
FORWARDED = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "board.test"}


def test_a_signed_in_administrator_is_grafanas_administrator_of_ours(live_app: LiveApp) -> None:
    cookie = {"Cookie": admin_session(live_app)["Cookie"]}
    reply = live_app.call("GET", WHO, token=None, headers=cookie)
    assert (reply.status, reply.headers["X-Dashwright-Grafana-User"]) == (204, "dashwright-admin")


def test_nobody_and_an_api_token_are_none_of_grafanas_users(live_app: LiveApp) -> None:
    for token in (None, live_app.token, "dw_wrong"):
        reply = live_app.call("GET", WHO, token=token)
        assert reply.status == 401
        assert "X-Dashwright-Grafana-User" not in reply.headers


def test_a_page_of_another_site_may_change_nothing_in_grafana(live_app: LiveApp) -> None:
    cookie = admin_session(live_app)["Cookie"]
    own = live_app.base
    for origin, status in ((own, 204), ("https://evil.test", 403), ("null", 403), (None, 403)):
        headers = {"Cookie": cookie, "X-Asked-Method": "POST"} | ({"Origin": origin} if origin else {})
        assert live_app.call("GET", WHO, token=None, headers=headers).status == status, origin


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://dash.example.com", 204),
        ("https://dash.example.com:443", 204),
        ("http://[::1", 403),
        ("http://dash.example.com", 403),
        ("ftp://dash.example.com", 403),
        ("//dash.example.com", 403),
        ("dash.example.com", 403),
        ("", 403),
    ],
)
def test_an_origin_is_ours_by_scheme_and_host_or_none(
    tmp_path: Path, sqlite_template: Path, origin: str, status: int
) -> None:
    with running_app(tmp_path, empty_database=sqlite_template, public_url="https://dash.example.com") as app:
        headers = {"Cookie": admin_session(app)["Cookie"], "X-Asked-Method": "POST", "Origin": origin}
        assert app.call("GET", WHO, token=None, headers=headers).status == status
        assert app.call("GET", WHO, token=None, headers={**headers, "Origin": app.base}).status == 204


def test_who_is_not_signed_in_is_led_to_the_sign_in_and_a_program_told_that_nothing_is_there(live_app: LiveApp) -> None:
    page = live_app.call("GET", "/grafana/d/abc?orgId=1", token=None, headers={"Accept": "text/html"})
    assert (page.status, page.headers["Location"]) == (303, "../../login?next=%2Fgrafana%2Fd%2Fabc%3ForgId%3D1")
    for path in ("/grafana", "/grafana/"):
        assert live_app.call("GET", path, token=None, headers={"Accept": "text/html"}).status == 303
    assert live_app.call("GET", "/grafana/d/abc", token=None).status == 404
    assert live_app.call("GET", "/grafana/api/search", token=None, headers={"Accept": "text/html"}).status == 404


def test_grafanas_health_is_told_without_its_version_also_where_no_edge_stands_before_us(
    tmp_path: Path, sqlite_template: Path
) -> None:
    provisioning = write_provisioning(tmp_path, tmp_path / "dashboards")
    with (
        FakeGrafana(provisioning, environment={}, polling=False) as fake,
        running_app(tmp_path, empty_database=sqlite_template, grafana_url=fake.url) as app,
    ):
        reply = app.call("GET", "/grafana/api/health", token=None)
        assert (reply.status, reply.json()) == (200, {"database": "ok"})
        assert app.call("POST", "/grafana/api/health", token=None).status == 404
        fake.refuse()
        reply = app.call("GET", "/grafana/api/health", token=None)
        assert reply.status == 503
        assert fake.url.partition("//")[2].partition("/")[0] not in reply.body.decode()
        fake.accept()


def test_lists_on_grafanas_page_are_empty_for_visitors_and_nothing_without_grafana(
    tmp_path: Path, sqlite_template: Path, live_app: LiveApp
) -> None:
    asked = (
        "/grafana/api/annotations?limit=10&tags=x",
        "/grafana/api/search?limit=10&starred=true",
        "/grafana/api/search?limit=10&type=dash-db",
        "/grafana/api/plugins?embedded=0",
    )
    provisioning = write_provisioning(tmp_path, tmp_path / "dashboards")
    with (
        FakeGrafana(provisioning, environment={}, polling=False) as fake,
        running_app(tmp_path, empty_database=sqlite_template, grafana_url=fake.url) as app,
    ):
        for path in asked:
            reply = app.call("GET", path, token=None)
            assert (reply.status, reply.json()) == (200, []), path
        assert app.call("POST", asked[0], token=None).status == 404
        assert app.call("GET", "/grafana/api/search/more", token=None).status == 404
    assert {live_app.call("GET", path, token=None).status for path in asked} == {404}


def test_without_grafana_there_is_no_such_health(live_app: LiveApp) -> None:
    assert live_app.call("GET", "/grafana/api/health", token=None).status == 404


class _Poller(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b'device_power_watts{device="rig-1"} 777\n' if self.path == "/metrics" else b""
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def polled(tmp_path: Path, sqlite_template: Path) -> Iterator[LiveApp]:
    server = HTTPServer(("127.0.0.1", 0), _Poller)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        with running_app(tmp_path, empty_database=sqlite_template, poller_port=server.server_port) as app:
            yield app
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_readings_are_given_to_whoever_may_read_metrics(polled: LiveApp) -> None:
    token = polled.token_of(Role.VIEWER, Scope.METRICS_READ)
    reply = polled.call("GET", "/metrics/devices", token=token, headers=FORWARDED)
    assert (reply.status, reply.body) == (200, b'device_power_watts{device="rig-1"} 777\n')
    assert reply.headers["Content-Type"].startswith("text/plain")
    assert polled.call("GET", "/metrics/devices", token=None, headers=FORWARDED).status == 401
    other = polled.token_of(Role.VIEWER, Scope.DEVICES_READ)
    assert polled.call("GET", "/metrics/devices", token=other, headers=FORWARDED).status == 403


def test_a_poller_that_is_away_is_a_clear_answer(live_app: LiveApp) -> None:
    reply = live_app.call("GET", "/metrics/devices")
    assert reply.status == 502
    assert reply.json()["error"]["code"]


def test_a_prometheus_elsewhere_is_sent_to_the_address_it_used(polled: LiveApp) -> None:
    here = json.loads(polled.call("GET", "/api/prometheus/targets").body)
    poller = f"127.0.0.1:{polled.settings.poller_port}"
    assert here[0] == {"targets": [poller], "labels": {"job": "dashwright-poller", "instance": "poller"}}
    for scheme, place, target in (
        ("http", "dashwright:5109", "dashwright:5109"),
        ("https", "board.test", "board.test:443"),
    ):
        headers = FORWARDED | {"X-Forwarded-Host": place, "X-Forwarded-Proto": scheme}
        there = json.loads(polled.call("GET", "/api/prometheus/targets", headers=headers).body)
        labels = {"__scheme__": scheme, "__metrics_path__": "/metrics/devices"}
        assert there[0] == {"targets": [target], "labels": here[0]["labels"] | labels}
