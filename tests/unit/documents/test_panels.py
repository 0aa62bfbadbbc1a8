"""Panels are found at any depth, and their signature is the generator's."""

from __future__ import annotations

from backend_server.documents import (
    DatasourceUse,
    all_panels,
    datasources_used,
    panel_by_id,
    panel_name,
    panel_signature,
    placed_panels,
    strip_queries,
)

PROMETHEUS = {"type": "prometheus", "uid": "prometheus"}
DASHBOARD = {
    "panels": [
        {"id": 1, "type": "stat", "title": "Up", "datasource": PROMETHEUS, "targets": [{"refId": "A", "expr": "up"}]},
        {
            "id": 2,
            "type": "row",
            "title": "More",
            "collapsed": True,
            "panels": [
                {
                    "id": 3,
                    "type": "table",
                    "datasource": {"type": "postgres", "uid": "pg"},
                    "targets": [{"refId": "A", "rawSql": "SELECT 1", "datasource": {"type": "postgres", "uid": "pg2"}}],
                },
                {
                    "id": 4,
                    "type": "timeseries",
                    "datasource": {"type": "datasource", "uid": "-- Mixed --"},
                    "targets": [
                        {"refId": "A", "datasource": PROMETHEUS, "expr": "x"},
                        {"refId": "B", "datasource": {"type": "__expr__", "uid": "__expr__"}, "expression": "A"},
                    ],
                },
            ],
        },
    ],
    "rows": [{"panels": [{"id": 5, "type": "graph", "datasource": "Old"}]}],
    "templating": {"list": [{"name": "x", "query": "label_values(up, x)", "datasource": {"type": "loki", "uid": "l"}}]},
    "dashwright": {"content": "x"},
}


def test_all_panels_are_found_in_order() -> None:
    assert [panel["id"] for panel in all_panels(DASHBOARD)] == [1, 2, 3, 4, 5]
    assert [placed.path for placed in placed_panels(DASHBOARD)][2:] == [
        "panels[1].panels[0]",
        "panels[1].panels[1]",
        "rows[0].panels[0]",
    ]


def test_a_panel_is_found_by_its_id() -> None:
    assert panel_by_id(DASHBOARD, 4)["type"] == "timeseries"
    assert panel_by_id(DASHBOARD, 9) is None
    assert panel_name(panel_by_id(DASHBOARD, 3)) == "table 3"


def test_malformed_dashboards_have_no_panels() -> None:
    assert list(all_panels({"panels": {"a": 1}, "rows": "x"})) == []
    assert list(all_panels({"panels": [1, "x", None]})) == []


def test_the_signature_is_canonical_and_leaves_out_layout_ids_and_order() -> None:
    panel = {
        "id": 7,
        "title": "Größe",
        "type": "timeseries",
        "gridPos": {"x": 1},
        "datasource": PROMETHEUS,
        "fieldConfig": {"defaults": {"unit": "bytes"}},
        "targets": [{"refId": "B", "expr": "b"}, {"refId": "A", "expr": "a"}],
    }
    wanted = '{"datasource":"prometheus","exprs":["a","b"],"title":"Größe","type":"timeseries","unit":"bytes"}'
    assert panel_signature(panel) == wanted
    assert panel_signature({**panel, "id": 1, "gridPos": {}, "targets": panel["targets"][::-1]}) == wanted
    assert panel_signature({"type": "text"}) == '{"datasource":"","exprs":[],"title":"","type":"text","unit":""}'


def test_the_datasources_that_are_asked() -> None:
    assert datasources_used(DASHBOARD) == {
        DatasourceUse("prometheus", "prometheus"),
        DatasourceUse("postgres", "pg2"),
        DatasourceUse("loki", "l"),
        DatasourceUse("", "Old"),
    }


def test_a_visitor_gets_no_query() -> None:
    shown = str(strip_queries(DASHBOARD))
    for secret in ("'up'", "SELECT", "label_values", "content", "'x'", "expression"):
        assert secret not in shown
    stripped = panel_by_id(strip_queries(DASHBOARD), 4)
    assert [target["refId"] for target in stripped["targets"]] == ["A", "B"]
    assert "expr" in str(DASHBOARD), "the original is left as it was"
