"""The relay over the fake Grafana: what a browser gets never names Grafana's token, addresses or other datasources."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient

from backend_server.documents.status import DocumentState
from backend_server.grafana import GrafanaClient, PublicDashboard
from backend_server.links import LinkProfile, Theme
from backend_server.queries.steps import Limits
from backend_server.viewing.model import RawReply
from backend_server.viewing.relay.grafana_page import GrafanaPage, UnreadablePage
from backend_server.viewing.relay.page_edits import PageEdits, RealToken
from backend_server.viewing.relay.source import RelayOptions, relay_source
from backend_server.viewing.source import Source
from tests.fakes.grafana import Datasource, FakeGrafana
from tests.support.visitors import NOW_MS, TOKEN, UID, Visitors, dashboard, target

REAL = "fedcba9876543210fedcba9876543210"
PAGE = f"/grafana/public-dashboards/{TOKEN}"
API = f"/grafana/api/public/dashboards/{TOKEN}"
QUERY = {"intervalMs": 5000, "maxDataPoints": 620, "timeRange": {"from": "now-15m", "to": "now", "timezone": "utc"}}
INTERNAL = "http://10.9.8.7:9090"

DATASOURCES = (
    Datasource(
        "Prometheus",
        "prometheus",
        url=INTERNAL,
        is_default=True,
        json_data={"timeInterval": "5s", "httpMethod": "POST"},
    ),
    Datasource("PromBasic", "prom-basic", url="http://10.9.8.6:9090", json_data={"customQueryParameters": "tenant=7"}),
    Datasource(
        "InternalSQL", "pg-main", type="grafana-postgresql-datasource", url="db:5432", json_data={"database": "payroll"}
    ),
)


@dataclass
class Publications:
    """The one publication there is."""

    token: str | None = REAL

    def tokens(self) -> dict[str, str | None]:
        return {UID: self.token}


@dataclass
class Relay:
    """A fake Grafana with the published document, relayed."""

    grafana: FakeGrafana
    source: Source
    publications: Publications
    visitors: Visitors
    client: FlaskClient
    seen: list[bytes]
    lost: list[str]
    missed: list[str]

    def get(self, path: str, **options: Any) -> Any:
        return self.keep(self.client.get(path, **options))

    def post(self, path: str, **options: Any) -> Any:
        return self.keep(self.client.post(path, **options))

    def keep(self, answer: Any) -> Any:
        """Keep everything the browser gets, to look through at the end of each test."""
        self.seen.append(answer.data + repr(list(answer.headers)).encode())
        return answer


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    folder = tmp_path / "shard"
    folder.mkdir()
    provisioning = tmp_path / "provisioning"
    (provisioning / "dashboards").mkdir(parents=True)
    (provisioning / "dashboards" / "dashboard.yml").write_text(
        "apiVersion: 1\nproviders:\n"
        "  - {name: shard, type: file, folder: '', disableDeletion: true, updateIntervalSeconds: 15,"
        f" options: {{path: {folder}}}}}\n",
        encoding="utf-8",
    )
    document = dashboard(
        {"id": 1, "type": "timeseries", "title": "Power", "targets": [target("secret_metric")]},
        {"id": 9, "type": "text", "title": "Note"},
        timepicker={},
        title="Rig 1",
        time={"from": "now-15m", "to": "now"},
        refresh="5s",
    )
    (folder / f"{UID}.json").write_bytes(orjson.dumps(document))
    with FakeGrafana(provisioning, datasources=DATASOURCES, polling=False) as grafana:
        client = GrafanaClient(grafana.url, grafana.origin, user="admin")
        client.create_public(UID, PublicDashboard("pd-1", REAL, True, True, False))
        publications = Publications()
        visitors = Visitors()
        lost: list[str] = []
        missed: list[str] = []
        options = RelayOptions(
            Limits(),
            visitors.clock_ms,
            internal=[grafana.origin.partition("://")[2]],
            on_lost=lost.append,
            on_missed=missed.append,
        )
        source = relay_source(client, publications, visitors.viewer, options)
        visitors = Visitors(source=source, links=visitors.links)
        made = Relay(grafana, source, publications, visitors, visitors.client(), [], lost, missed)
        yield made
        visitors.close()
        client.close()
    everything = b"\n".join(made.seen)
    hidden = [REAL, "10.9.8.7", "10.9.8.6", "db:5432", "payroll", "tenant=7", "prom-basic", "pg-main", "PromBasic"]
    hidden += ["InternalSQL", "secret_metric", "directUrl", "executedQueryString", grafana.origin.partition("://")[2]]
    for secret in hidden:
        assert secret.encode() not in everything, secret


def settings_of(html: str) -> dict[str, Any]:
    import json

    settings: dict[str, Any]
    settings, _ = json.JSONDecoder().raw_decode(html, html.index("settings: ") + len("settings: "))
    return settings


def test_the_page_is_grafanas_with_the_links_token(relay: Relay) -> None:
    answer = relay.get(f"{PAGE}?orgId=1&theme=light", headers={"Accept-Language": "de,en"})
    html = answer.get_data(as_text=True)
    settings = settings_of(html)
    assert answer.status_code == 200
    assert html.count(TOKEN) == 2  # the boot data and our script's question
    assert settings["publicDashboardAccessToken"] == TOKEN
    assert list(settings["datasources"]) == ["Prometheus"]
    prometheus = settings["datasources"]["Prometheus"]
    assert prometheus["jsonData"] == {"timeInterval": "5s"}
    assert {"url", "access", "directUrl"}.isdisjoint(prometheus)
    assert prometheus["meta"]["module"] == "core:plugin/prometheus"
    assert settings["defaultDatasource"] == "Prometheus"
    assert set(settings["panels"]) == {"timeseries", "text"}
    assert "appUrl" not in settings
    assert settings["featureToggles"]["publicDashboardsScene"] is True
    assert '<script src="dashwright/relay.js" defer data-state="public-dashboards/' in html
    assert "theme-light" in html


def test_headers_of_the_relayed_page(relay: Relay) -> None:
    relay.visitors.links.change(frame_ancestors=("https://shop.example",))
    answer = relay.get(PAGE)
    assert {name for name, _ in answer.headers} == {
        "Content-Type",
        "Content-Length",
        "Cache-Control",
        "Referrer-Policy",
        "X-Content-Type-Options",
        "Content-Security-Policy",
    }
    assert answer.headers["Content-Security-Policy"].endswith("frame-ancestors 'self' https://shop.example")


def test_the_page_is_fetched_once_for_many_links(relay: Relay) -> None:
    other = "b" * 32
    link = relay.visitors.links.found[TOKEN]
    relay.visitors.links.found[other] = replace(link, link=replace(link.link, token=other))
    relay.grafana.forget_requests()
    assert TOKEN in relay.get(PAGE).get_data(as_text=True)
    html = relay.get(f"/grafana/public-dashboards/{other}").get_data(as_text=True)
    assert settings_of(html)["publicDashboardAccessToken"] == other
    assert TOKEN not in html
    pages = [request for request in relay.grafana.requests if "/public-dashboards/" in request.path]
    assert len(pages) == 1


def test_what_a_link_leaves_open_is_the_dashboards_own(relay: Relay) -> None:
    relay.visitors.links.change(profile=LinkProfile())
    shown = relay.get(API).json["dashboard"]
    assert (shown["refresh"], shown["time"]) == ("5s", {"from": "now-15m", "to": "now"})
    body = {"intervalMs": 5000, "maxDataPoints": 600}
    assert relay.post(f"{API}/panels/1/query", json=body).status_code == 200
    asked = next(request for request in reversed(relay.grafana.requests) if request.method == "POST")
    span = orjson.loads(asked.body)["timeRange"]
    assert 900_000 <= int(span["to"]) - int(span["from"]) <= 915_000


def test_the_dashboard_carries_the_links_refresh_time_and_picker(relay: Relay) -> None:
    profile = LinkProfile(theme=Theme.DARK, refresh="30s", time_from="now-6h", picker=False)
    relay.visitors.links.change(profile=profile)
    found = relay.get(API).json
    shown = found["dashboard"]
    assert (shown["refresh"], shown["time"]) == ("30s", {"from": "now-6h", "to": "now"})
    assert shown["timepicker"]["hidden"] is True
    assert "dashwright" not in shown
    assert "expr" not in shown["panels"][0]["targets"][0]
    assert found["meta"]["provisioned"] is False


def test_annotations_are_answered_without_asking_grafana(relay: Relay) -> None:
    relay.grafana.forget_requests()
    assert relay.get(f"{API}/annotations?from=1&to=2").json == []
    assert relay.grafana.requests == []


def test_viewers_with_other_clocks_and_widths_share_one_query(relay: Relay) -> None:
    relay.grafana.forget_requests()
    bodies = set()
    for skew in (-20_000, 0, 333, 15_000):
        for width in (500, 620, 960):
            end = NOW_MS + skew
            body = {
                "intervalMs": 5000,
                "maxDataPoints": width,
                "timeRange": {"from": str(end - 900_000), "to": str(end), "timezone": "utc"},
            }
            answer = relay.post(f"{API}/panels/1/query", json=body)
            assert answer.status_code == 200
            bodies.add(answer.data)
    assert len(bodies) == 1
    (asked,) = [request for request in relay.grafana.requests if request.method == "POST"]
    end = NOW_MS // 5000 * 5000
    assert orjson.loads(asked.body) == {
        "intervalMs": 5000,
        "maxDataPoints": 181,
        "timeRange": {"from": str(end - 900_000), "to": str(end), "timezone": "utc"},
    }


def test_points_are_bounded_before_grafana_is_asked(relay: Relay) -> None:
    relay.grafana.forget_requests()
    relay.post(f"{API}/panels/1/query", json={"intervalMs": 1, "maxDataPoints": 10_000_000})
    relay.post(f"{API}/panels/1/query", json={})
    for request in [one for one in relay.grafana.requests if one.method == "POST"]:
        sent = orjson.loads(request.body)
        assert sent["intervalMs"] >= 1000
        assert sent["maxDataPoints"] <= 3601


def test_no_identity_of_ours_is_sent_with_a_visitors_question(relay: Relay) -> None:
    relay.grafana.forget_requests()
    hostile = {"X-WEBAUTH-USER": "admin", "Authorization": "Bearer x", "Cookie": "grafana_session=1"}
    relay.get(PAGE, headers=hostile)
    relay.get(API, headers=hostile)
    relay.post(f"{API}/panels/1/query", json=QUERY, headers=hostile)
    assert relay.grafana.requests
    for request in relay.grafana.requests:
        names = {name.lower() for name in request.headers}
        assert names.isdisjoint({"x-webauth-user", "authorization", "cookie"})


@pytest.mark.parametrize(
    "changes", [{"paused_at": 1}, {"revoked_at": 1}, {"expires_at": 1}, {"not_before": NOW_MS + 1}], ids=str
)
def test_refused_requests_never_reach_grafana(relay: Relay, changes: dict[str, int]) -> None:
    relay.visitors.links.change(**changes)
    relay.grafana.forget_requests()
    assert relay.get(PAGE).status_code in (403, 410)
    assert relay.get(API).status_code in (403, 410)
    assert relay.post(f"{API}/panels/1/query", json=QUERY).status_code in (403, 410)
    assert relay.get(f"{API}/annotations").status_code in (403, 410)
    relay.visitors.links.found.clear()
    assert relay.get(PAGE).status_code == 404
    assert relay.post(f"{API}/panels/1/query", json=QUERY).status_code == 404
    assert relay.grafana.requests == []


def test_a_document_not_yet_proven_in_grafana_is_not_asked_for(relay: Relay) -> None:
    relay.visitors.links.change(state=DocumentState.WRITTEN)
    relay.grafana.forget_requests()
    assert relay.get(PAGE).status_code == 503
    assert relay.get(API).json["messageId"] == "publicdashboards.notReady"
    assert relay.grafana.requests == []


def test_grafanas_own_token_opens_nothing_from_outside(relay: Relay) -> None:
    answer = relay.client.get(f"/grafana/api/public/dashboards/{REAL}")
    assert answer.status_code == 404


def test_grafana_down_is_a_page_that_tries_again(relay: Relay) -> None:
    relay.grafana.refuse()
    answer = relay.get(PAGE)
    assert answer.status_code == 503
    assert 'http-equiv="refresh"' in answer.get_data(as_text=True)
    assert relay.get(API).status_code == 503
    answer = relay.post(f"{API}/panels/1/query", json=QUERY)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json["results"]["A"]["error"] == "Dashboard is not available right now"


def test_a_publication_that_grafana_lost_is_told_of(relay: Relay) -> None:
    assert relay.get(PAGE).status_code == 200
    relay.grafana.refuse()
    assert relay.get(PAGE).status_code in (200, 503)
    assert relay.lost == [], "no answer is not a loss"
    relay.grafana.forget_database()
    deadline = time.monotonic() + 10
    while not relay.lost and time.monotonic() < deadline:  # what Grafana last gave is shown for a second
        relay.get(PAGE)
    assert set(relay.lost) == {UID}


def test_what_visitors_ask_for_and_do_not_get_is_told_of(relay: Relay) -> None:
    relay.get(PAGE)
    assert relay.missed == []
    relay.visitors.links.change(state=DocumentState.PENDING)
    assert relay.client.get(PAGE).status_code == 503
    assert relay.client.head(PAGE).status_code == 503
    assert relay.missed == [UID], "one that is on its way; a probe is no visitor"
    relay.visitors.links.change(state=DocumentState.FAILED)
    assert relay.client.get(PAGE).status_code == 503
    assert relay.missed == [UID], "one that cannot be made"
    relay.visitors.links.change(state=DocumentState.LIVE)
    relay.grafana.refuse()
    deadline = time.monotonic() + 30
    while len(relay.missed) < 2 and time.monotonic() < deadline:  # what Grafana last gave is shown for a second
        relay.client.get(PAGE)
    assert set(relay.missed) == {UID}
    assert len(relay.missed) >= 2, "one that Grafana does not give"
    assert relay.get(API).status_code == 503


def test_no_publication_is_a_page_that_tries_again(relay: Relay) -> None:
    relay.publications.token = None
    assert relay.get(PAGE).status_code == 503
    assert relay.get(API).status_code == 503
    assert relay.post(f"{API}/panels/1/query", json=QUERY).status_code == 503


class Scripted:
    """A Grafana that answers a page or a panel query as it is told."""

    def __init__(self, body: bytes, status: int = 200) -> None:
        self.reply = RawReply(status, {"set-cookie": "session=1", "location": "http://10.9.8.7/"}, body)

    def visitor_page(self, token: str, query_string: str = "") -> RawReply:
        return self.reply

    def visitor_dashboard(self, token: str) -> RawReply:
        return RawReply(200, {}, orjson.dumps({"dashboard": dashboard(), "meta": {}}))

    def visitor_query(self, token: str, panel_id: int, body: bytes) -> RawReply:
        return self.reply

    def visitor_asset(self, path: str) -> RawReply:
        return self.reply


def scripted(body: bytes, status: int = 200) -> Visitors:
    base = Visitors()
    options = RelayOptions(Limits(), base.clock_ms, internal=["10.9.8.7"])
    source = relay_source(Scripted(body, status), Publications(), base.viewer, options)
    return Visitors(source=source)


DOWN = {
    "error": 'Post "http://10.9.8.7:9090/api/v1/query_range": dial tcp 10.9.8.7:9090: connect: connection refused',
    "errorSource": "downstream",
    "status": 502,
    "frames": [],
}


def test_errors_are_worded_anew() -> None:
    visitors = scripted(orjson.dumps({"results": {"A": DOWN, "B": {"status": 200, "frames": []}}}), 400)
    answer = visitors.client().post(f"{API}/panels/1/query", json=QUERY)
    assert answer.status_code == 400
    assert answer.json["results"] == {
        "A": {"error": "The datasource cannot be reached.", "errorSource": "downstream", "status": 502, "frames": []},
        "B": {"status": 200, "frames": []},
    }
    visitors.close()


def test_notices_and_the_executed_query_are_cut_from_frames() -> None:
    meta = {"executedQueryString": "Expr: secret", "notices": [{"text": "http://10.9.8.7"}], "type": "timeseries-multi"}
    body = {
        "results": {"A": {"status": 200, "frames": [{"schema": {"meta": meta, "fields": []}, "data": {"values": []}}]}}
    }
    visitors = scripted(orjson.dumps(body))
    found = visitors.client().post(f"{API}/panels/1/query", json=QUERY).json
    assert found["results"]["A"]["frames"][0]["schema"]["meta"] == {"type": "timeseries-multi"}
    visitors.close()


@pytest.mark.parametrize(
    ("body", "status", "wanted", "message_id"),
    [
        (b'{"message":"Internal Server Error at http://10.9.8.7"}', 500, 502, None),
        (b"<html>10.9.8.7</html>", 502, 502, None),
        (b"", 302, 502, None),
        (b'{"statusCode":404,"messageId":"publicdashboards.panelNotFound","message":"x"}', 404, 404, "panelNotFound"),
        (b'{"statusCode":404,"messageId":"publicdashboards.notFound","message":"x"}', 404, 502, None),
        (b"[]", 200, 502, None),
        (f'{{"{REAL}": 1}}'.encode(), 200, 502, None),
    ],
)
def test_odd_answers_to_a_query_never_go_out_as_they_came(
    body: bytes, status: int, wanted: int, message_id: str | None
) -> None:
    visitors = scripted(body, status)
    answer = visitors.client().post(f"{API}/panels/1/query", json=QUERY)
    assert answer.status_code == wanted
    if message_id:
        assert answer.json["messageId"] == f"publicdashboards.{message_id}"
    else:
        words = "The datasource of this panel could not be asked."
        failed = {"status": 502, "error": words, "errorSource": "downstream", "frames": []}
        assert answer.json == {"results": {"A": failed}}
    assert b"10.9.8.7" not in answer.data
    assert REAL.encode() not in answer.data
    assert {name.lower() for name, _ in answer.headers}.isdisjoint({"set-cookie", "location"})
    visitors.close()


BOOT = (
    '<script>window.grafanaBootData = {user: {"id":0}, '
    'settings: {"datasources":{},"publicDashboardAccessToken":"T"}};</script>'
)


@pytest.mark.parametrize(
    "html",
    [
        "",
        "<html>502 Bad Gateway</html>",
        "settings: {broken",
        'user: {"a":1}',
        'settings: {"no":"datasources"}, user: {}',
        BOOT + BOOT,
        BOOT.replace("</script>", "</script><i>http://10.9.8.7/</i>"),
    ],
)
def test_a_page_that_cannot_be_cleaned_is_never_shown(html: str) -> None:
    visitors = scripted(html.encode())
    answer = visitors.client().get(PAGE)
    assert answer.status_code == 503
    assert b"10.9.8.7" not in answer.data
    assert REAL.encode() not in answer.data
    visitors.close()


def test_a_page_is_read_whatever_stands_in_its_strings() -> None:
    tricky = BOOT.replace('"datasources":{}', '"datasources":{"a":{"name":"settings: {x}</script> user: {"}}')
    page = GrafanaPage.parse(tricky.encode(), RealToken(REAL))
    html = page.for_visitor(dashboard(), PageEdits("N")).decode()
    assert '"publicDashboardAccessToken":"N"' in html
    assert html.count("</script>") == 1
    with pytest.raises(UnreadablePage):
        GrafanaPage.parse(b"\xff\xfe", RealToken(REAL))


def test_static_files_go_through_with_a_long_life(relay: Relay) -> None:
    html = relay.get(PAGE).get_data(as_text=True)
    file = re.search(r'src="(public/build/[^"]+)"', html)
    assert file
    answer = relay.get(f"/grafana/{file.group(1)}")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    for path in ("/grafana/public/../api/health", "/grafana/public/secrets/x", "/grafana/public/build//x.js"):
        assert relay.get(path).status_code == 404


def test_the_token_is_swapped_wherever_it_stands() -> None:
    hyphenated = "fedcba98-7654-3210-fedc-ba9876543210"
    html = BOOT.replace('"T"', f'"{REAL}"').replace('"id":0', f'"id":0,"name":"{REAL}"')
    html = f'<link href="/public-dashboards/{REAL}"><i>{hyphenated}</i><b>{REAL.upper()}</b>{html}<!-- {REAL} -->'
    visitors = scripted(html.encode())
    answer = visitors.client().get(PAGE)
    assert answer.status_code == 200
    assert answer.get_data(as_text=True).count(TOKEN) == 7
    assert not any(spelling in answer.data for spelling in RealToken(REAL).spellings())
    visitors.close()


def test_our_raw_route_works_beside_grafana(relay: Relay) -> None:
    body = {"from": NOW_MS - 1000, "to": NOW_MS, "width": 100}
    answer = relay.client.post(f"{PAGE}/panels/1/data", json=body)
    assert answer.json["results"]["A"]["status"] == 200
