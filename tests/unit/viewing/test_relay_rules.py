"""The relay's rules: what stays of the boot data, how a link's profile enters the dashboard, what is asked upstream."""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import Any

import orjson
import pytest

from backend_server.links import LinkProfile
from backend_server.queries.steps import Limits
from backend_server.queries.time_ranges import TimeRange
from backend_server.viewing.model import RawReply
from backend_server.viewing.panel_requests import panel_range
from backend_server.viewing.relay.boot_data import DatasourceFacts, cut_settings, cut_user, datasource_facts
from backend_server.viewing.relay.dashboards import panel_facts
from backend_server.viewing.relay.grafana_page import GrafanaPage
from backend_server.viewing.relay.internal_addresses import marks_of, names_public_hosts_only
from backend_server.viewing.relay.page_edits import PageEdits, RealToken, relayed_style
from backend_server.viewing.relay.panel_queries import upstream_query
from backend_server.viewing.relay.readability import Readability
from backend_server.viewing.relay.source import RelayOptions, relay_source
from backend_server.viewing.shown_dashboard import relayed_dashboard
from tests.support.visitors import NOW_MS, TOKEN, UID, Visitors, dashboard, target

REAL = RealToken("fedcba9876543210fedcba9876543210")
PAGE = f"/grafana/public-dashboards/{TOKEN}"


def source(uid: str, kind: str = "prometheus", *, default: bool = False, **json_data: str) -> dict[str, Any]:
    return {"uid": uid, "type": kind, "name": uid, "url": "http://inside", "isDefault": default, "jsonData": json_data}


SETTINGS = {
    "panels": {
        name: {"id": name} for name in ("timeseries", "barchart", "histogram", "stat", "gauge", "table", "logs")
    },
    "datasources": {
        "Main": source("prom", default=True, timeInterval="5s", directUrl="http://inside"),
        "Second": source("prom-2", timeInterval="1m"),
        "SQL": source("pg", "postgres"),
        "-- Mixed --": {"type": "datasource", "name": "-- Mixed --", "jsonData": {}},
    },
    "defaultDatasource": "Main",
    "minRefreshInterval": "1m",
    "appUrl": "http://inside:3000/",
    "appSubUrl": "/elsewhere",
    "liveEnabled": True,
    "apps": {"an-app": {}},
}


def panel(**more: Any) -> dict[str, Any]:
    return {"id": 1, "type": "timeseries", **more}


@pytest.mark.parametrize(
    ("panels", "kept"),
    [
        pytest.param([panel(targets=[{"refId": "A", "datasource": {"uid": "pg"}}])], ["SQL"], id="by uid"),
        pytest.param([panel(datasource="Second", targets=[{"refId": "A"}])], ["Second"], id="by name"),
        pytest.param([panel(targets=[{"refId": "A"}])], ["Main"], id="unnamed is the default"),
        pytest.param([panel(datasource={"uid": "default"}, targets=[{"refId": "A"}])], ["Main"], id="called default"),
        pytest.param([panel(datasource={"type": "postgres"}, targets=[{"refId": "A"}])], ["SQL"], id="by type"),
        pytest.param(
            [panel(datasource={"uid": "-- Mixed --"}, targets=[{"datasource": {"uid": "prom-2"}}])],
            ["Second", "-- Mixed --"],
            id="mixed",
        ),
        pytest.param([panel(type="text")], [], id="none"),
    ],
)
def test_only_the_datasources_of_the_panels_stay(panels: list[dict[str, Any]], kept: list[str]) -> None:
    annotations = {"list": [{"datasource": {"uid": "pg"}}]} if "SQL" not in kept else {"list": []}
    shown = cut_settings(SETTINGS, TOKEN, {"panels": panels, "annotations": annotations}, "/grafana")
    assert list(shown["datasources"]) == kept
    assert b"inside" not in orjson.dumps(shown)


@pytest.mark.parametrize(
    ("kind", "json_data", "kept"),
    [
        (
            "prometheus",
            {"timeInterval": "5s", "directUrl": "http://inside", "database": "payroll"},
            {"timeInterval": "5s"},
        ),
        ("loki", {"timeInterval": 5, "maxLines": "1"}, {}),
        # Grafana's page asks a PostgreSQL datasource nothing unless it names a database; which one it never uses.
        (
            "grafana-postgresql-datasource",
            {"timeInterval": "1m", "database": "payroll", "sslmode": "disable"},
            {"timeInterval": "1m", "database": "database"},
        ),
        ("grafana-postgresql-datasource", {}, {"database": "database"}),
    ],
)
def test_of_json_data_nothing_stays_but_the_interval_and_a_word_for_a_database(
    kind: str, json_data: dict[str, Any], kept: dict[str, str]
) -> None:
    settings = {"datasources": {"One": {"uid": "one", "type": kind, "name": "One", "jsonData": json_data}}}
    asking = panel(targets=[{"datasource": {"uid": "one"}}])
    shown = cut_settings(settings, TOKEN, {"panels": [asking]}, "/grafana")
    assert shown["datasources"]["One"]["jsonData"] == kept


def test_what_tells_a_datasource_s_part_stays_of_its_plugin() -> None:
    meta = {
        "id": "mixed",
        "module": "core:plugin/mixed",
        "mixed": True,
        "builtIn": True,
        "metrics": True,
        "logs": False,
        "tracing": None,
        "routes": [{"url": "http://inside"}],
        "queryOptions": {"minInterval": True},
        "info": {"logos": {"small": "s", "large": "l"}, "version": "12.4.0", "author": {"url": "http://inside"}},
    }
    settings = {
        **SETTINGS,
        "datasources": {**SETTINGS["datasources"], "-- Mixed --": {"type": "datasource", "meta": meta}},
    }
    mixed = panel(datasource={"uid": "-- Mixed --"}, targets=[{"datasource": {"uid": "prom-2"}}])
    shown = cut_settings(settings, TOKEN, {"panels": [mixed]}, "/grafana")
    assert shown["datasources"]["-- Mixed --"]["meta"] == {
        "id": "mixed",
        "module": "core:plugin/mixed",
        "mixed": True,
        "builtIn": True,
        "metrics": True,
        "logs": False,
        "info": {"logos": {"small": "s", "large": "l"}, "version": "12.4.0"},
    }
    assert shown["defaultDatasource"] == "Second"


def test_the_settings_are_those_of_a_page_below_our_prefix() -> None:
    shown = cut_settings(SETTINGS, TOKEN, dashboard(), "/grafana")
    assert (shown["appSubUrl"], shown["minRefreshInterval"], shown["liveEnabled"]) == ("/grafana", "5s", False)
    assert shown["publicDashboardAccessToken"] == TOKEN
    assert {"appUrl", "apps"}.isdisjoint(shown)


def test_old_panels_keep_what_draws_them_now() -> None:
    old = {"panels": [panel(type="graph"), panel(type="singlestat")]}
    shown = cut_settings(SETTINGS, TOKEN, old, "/grafana")
    assert set(shown["panels"]) == {"timeseries", "barchart", "histogram", "stat", "gauge"}


def test_a_panel_without_a_type_is_drawn_as_grafana_draws_it() -> None:
    shown = cut_settings(SETTINGS, TOKEN, {"panels": [{"id": 1}, {"id": 2, "type": None}]}, "/grafana")
    assert set(shown["panels"]) == {"timeseries"}


def test_the_ranges_of_the_picker_stay() -> None:
    ranges = [{"display": "This shift", "from": "now/d+6h", "to": "now"}]
    shown = cut_settings({**SETTINGS, "quickRanges": ranges}, TOKEN, dashboard(), "/grafana")
    assert shown["quickRanges"] == ranges
    assert "quickRanges" not in cut_settings(SETTINGS, TOKEN, dashboard(), "/grafana")


@pytest.mark.parametrize(
    ("url", "stays"),
    [
        ("https://{a-c}.tile.openstreetmap.org/{z}/{x}/{y}.png", True),
        ("https://tiles.example.com:8443/{z}/{x}/{y}?key=1", True),
        ("//9.9.9.9/{z}", True),
        ("https://[2606:4700::1111]:443/{z}", True),
        ("http://tiles:8080/{z}", False),
        ("http://inside.example.com/{z}", False),  # known to be ours
        ("http://10.1.2.3:8080/{z}", False),
        ("http://169.254.169.254/{z}", False),
        ("http://10.0.0.0x1/{z}", False),
        ("http://[fd00::1]/{z}", False),
        ("http://LOCALHOST./{z}", False),
        ("https://maps.factory.local/{z}", False),
        ("https://user:word@tiles.example.com/{z}", False),
        ("public/maps/{z}", True),
    ],
)
def test_a_maps_base_layer_stays_if_it_leads_outside(url: str, stays: bool) -> None:
    layer = {"type": "xyz", "config": {"url": url, "attribution": "Open street map"}}
    settings = {**SETTINGS, "geomapDefaultBaseLayerConfig": layer}
    shown = cut_settings(settings, TOKEN, dashboard(), "/grafana", marks_of(["inside.example.com"]))
    assert ("geomapDefaultBaseLayerConfig" in shown) is stays
    assert names_public_hosts_only(layer, ()) is (stays or "inside" in url)


def test_the_user_has_the_visitors_formats_and_language() -> None:
    user = {
        "login": "",
        "locale": "en",
        "language": "en-US",
        "analytics": {"identifier": "@http://inside"},
        "secret": 1,
    }
    assert cut_user(user, "de-CH", "fr-FR") == {
        "login": "",
        "locale": "de-CH",
        "language": "fr-FR",
        "analytics": {"identifier": ""},
    }


@pytest.mark.parametrize("base", ['<base href="/" />', '<base href="https://grafana.test/x/">', ""])
def test_the_pages_base_is_ours_and_our_script_stands_before_grafanas(base: str) -> None:
    html = (
        f'<html><head>{base}<script src="public/build/app.js" defer></script></head><body><script>window.x = '
        '{user: {}, settings: {"datasources": {}}, navTree: [{"url": "/admin"}]}</script></body></html>'
    )
    page = GrafanaPage.parse(html.encode(), REAL)
    shown = page.for_visitor(dashboard(), PageEdits(TOKEN, "<OURS>")).decode()
    assert shown.count("<base") == 1
    assert shown.startswith('<html><head><base href="../" /><script'), "before whatever is loaded from it"
    assert "<OURS></head>" in shown
    assert "navTree: []" in shown


@pytest.mark.parametrize(
    ("refresh", "offered", "wanted", "has"),
    [
        ("5s", None, "5s", ["5s", "10s"]),
        ("1s", None, "5s", ["5s"]),
        ("45s", None, "45s", ["30s", "45s", "1m"]),
        ("90s", ["1m", "5m"], "90s", ["1m", "90s", "5m"]),
        ("2h", ["30s"], "2h", ["30s", "2h"]),
        ("off", ["30s"], "", ["30s"]),
    ],
)
def test_the_refresh_is_one_that_grafanas_picker_offers(
    refresh: str, offered: list[str] | None, wanted: str, has: list[str]
) -> None:
    timepicker = {} if offered is None else {"refresh_intervals": offered}
    shown = relayed_dashboard(dashboard(timepicker=timepicker), LinkProfile(refresh=refresh))
    intervals = shown["timepicker"]["refresh_intervals"]
    assert shown["refresh"] == wanted
    assert [one for one in intervals if one in has] == has
    assert wanted in (*intervals, "")


def test_the_step_comes_from_the_dashboard_not_from_the_visitor() -> None:
    datasources = datasource_facts(SETTINGS["datasources"])
    assert datasources.intervals_ms == {"prom": 5_000, "": 5_000, "prom-2": 60_000}
    unnamed, slow = panel(targets=[{"refId": "A"}]), panel(targets=[{"datasource": {"uid": "prom-2"}}])
    assert panel_facts(unnamed, datasources).floor_ms == 5_000
    assert panel_facts(slow, datasources).floor_ms == 60_000
    assert panel_facts({**slow, "interval": ">10s"}, datasources).floor_ms == 10_000
    asked = TimeRange(NOW_MS - 86_400_000, NOW_MS)
    every_5s = DatasourceFacts({"": 5_000})
    for more, grid_ms in (({}, 60_000), ({"maxDataPoints": 24}, 3_600_000)):
        facts = panel_facts({**unnamed, **more}, every_5s)
        assert upstream_query(asked, facts, known_ms=NOW_MS, limits=Limits())[0] == grid_ms


@pytest.mark.parametrize(
    ("own", "wanted"),
    [
        ({}, (3600, 0)),
        ({"timeFrom": "24h"}, (86_400, 0)),
        ({"timeFrom": "now-2h"}, (7200, 0)),
        ({"timeShift": "1h"}, (7200, 3600)),
        ({"timeFrom": "2h", "timeShift": "1d"}, (93_600, 86_400)),
        ({"timeFrom": "nonsense", "timeShift": "x"}, (3600, 0)),
        ({"timeFrom": 5, "timeShift": None}, (3600, 0)),
    ],
)
def test_a_panels_own_range_counts_where_a_visitor_chooses_none(own: dict[str, Any], wanted: tuple[int, int]) -> None:
    found = panel_range(own, TimeRange(NOW_MS - 3_600_000, NOW_MS), NOW_MS)
    assert ((NOW_MS - found.from_ms) // 1000, (NOW_MS - found.to_ms) // 1000) == wanted


def test_a_host_without_a_port_counts_only_in_an_address() -> None:
    bare, with_port = marks_of(["prometheus"]), marks_of(["user@10.0.0.1:9090", ""])
    page = b'{"module":"core:plugin/prometheus"}'
    assert not any(mark in page for mark in bare)
    assert any(mark in b'"url":"http://prometheus/"' for mark in bare)
    assert with_port == (b"10.0.0.1:9090",)


def test_chrome_and_ground_follow_the_profile() -> None:
    bare, picker = relayed_style(LinkProfile()), relayed_style(LinkProfile(picker=True))
    assert "display:none" in bare
    assert "display:none" not in picker  # the pickers stay where the title goes
    assert "visibility:hidden" in picker
    assert relayed_style(LinkProfile(chrome=True)) == ""
    assert "background:transparent" in relayed_style(LinkProfile(chrome=True, transparent=True))


SCRIPT = RawReply(200, {"content-type": "text/javascript"}, b"export {};\n" * 500)


class Files:
    """A Grafana that has one static file, and a page nobody can read."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def visitor_asset(self, path: str) -> RawReply:
        self.asked.append(path)
        return SCRIPT

    def visitor_dashboard(self, token: str) -> RawReply:
        shown = {"dashboard": dashboard(panel(targets=[target("up")])), "meta": {}}
        return replace(SCRIPT, body=orjson.dumps(shown))

    def visitor_page(self, token: str, query_string: str = "") -> RawReply:
        self.asked.append("page")
        return SCRIPT


class Publications:
    def tokens(self) -> dict[str, str | None]:
        return {UID: REAL.text}


def relay(grafana: Any) -> tuple[Visitors, list[str]]:
    reasons: list[str] = []
    plain = Visitors()
    options = RelayOptions(Limits(), plain.clock_ms, readability=Readability(reasons.append))
    made = relay_source(grafana, Publications(), plain.viewer, options)
    return Visitors(source=made, links=plain.links), reasons


def test_static_files_are_packed_and_fetched_once_for_everybody() -> None:
    grafana = Files()
    visitors, _ = relay(grafana)
    client, url = visitors.client(), "/grafana/public/build/app.1a2b.js"
    packed = [client.get(url, headers={"Accept-Encoding": "gzip, br"}) for _ in range(3)]
    assert gzip.decompress(packed[0].data) == SCRIPT.body
    assert (packed[0].headers["Content-Encoding"], packed[0].headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert client.get(url, headers={"Accept-Encoding": "identity"}).data == SCRIPT.body
    assert grafana.asked == ["build/app.1a2b.js"] * 2
    visitors.close()


def test_a_grafana_that_is_not_known_is_a_clear_notice_told_once_to_the_operator() -> None:
    grafana = Files()
    visitors, reasons = relay(grafana)
    client = visitors.client()
    for _ in range(5):
        answer = client.get(PAGE)
        assert answer.status_code == 503
        assert 'content="unreadable"' in answer.get_data(as_text=True)
        assert "The dashboard cannot be shown here" in answer.get_data(as_text=True)
    assert reasons == ["Grafana's page holds no settings."]
    assert grafana.asked == ["page"]
    visitors.close()


def test_whoever_has_the_old_token_does_not_learn_the_new_one() -> None:
    visitors = Visitors()
    found = visitors.links.found[TOKEN]
    old = "f" * 32
    visitors.links.found[old] = replace(found, rotated_out_at=NOW_MS + 60_000)
    client = visitors.client()
    page = client.get(f"/grafana/public-dashboards/{old}")
    assert page.status_code == 200
    assert TOKEN not in page.get_data(as_text=True)
    assert old in page.get_data(as_text=True)
    state = client.get(f"/grafana/public-dashboards/{old}/state").get_json()
    assert state["state"] == "live"
    assert state["until"] is not None  # the open page covers itself when the grace is over
    visitors.now_ms += 60_000
    assert client.get(f"/grafana/public-dashboards/{old}").status_code == 410
    visitors.close()
