"""Every feature that breaks in a public dashboard is named with panel, reason and remedy."""

from __future__ import annotations

from typing import Any

import pytest

from backend_server.documents import share_problems

PROMETHEUS = {"type": "prometheus", "uid": "prometheus"}
READY = {"title": "A", "timepicker": {}, "templating": {"list": []}}


def _panel(**more: Any) -> dict[str, Any]:
    target = {"refId": "A", "datasource": PROMETHEUS, "expr": "up"}
    return {"id": 1, "type": "timeseries", "title": "CPU", "datasource": PROMETHEUS, "targets": [target], **more}


def test_a_ready_dashboard_has_no_problem() -> None:
    panel = _panel(title="costs 5$ in $USD", description="$1 and ${__field.name} and $__interval")
    assert share_problems({**READY, "panels": [panel]}) == []


@pytest.mark.parametrize(
    ("panel", "feature"),
    [
        (_panel(libraryPanel={"uid": "x"}), "library panel"),
        (_panel(repeat="host"), "repeat"),
        (_panel(type="dashlist"), "panel type"),
        (_panel(type="alertlist"), "panel type"),
        (_panel(datasource="Prometheus"), "string datasource"),
        (_panel(targets=[{"refId": "A", "datasource": "Prometheus"}]), "string datasource"),
        (_panel(datasource={"type": "graphite", "uid": "g"}), "frontend datasource"),
        (_panel(datasource={"type": "grafana-testdata-datasource", "uid": "g"}), "frontend datasource"),
        (_panel(datasource={"type": "datasource", "uid": "-- Dashboard --"}), "dashboard datasource"),
        (_panel(datasource={"type": "prometheus"}), "datasource without uid"),
        (_panel(datasource=None, targets=[{"refId": "A", "expr": "up"}]), "missing datasource"),
        (_panel(datasource={"uid": "-- Mixed --"}, targets=[{"refId": "A"}]), "missing datasource"),
        (_panel(title="${host}"), "variable"),
        (_panel(datasource={"type": "prometheus", "uid": "${DS_PROMETHEUS}"}), "variable"),
    ],
)
def test_each_feature_of_a_panel_is_named(panel: Any, feature: str) -> None:
    problems = share_problems({**READY, "panels": [panel]})
    assert [problem.feature for problem in problems] == [feature]
    assert problems[0].panel == panel["title"]
    assert problems[0].panel_id == 1
    assert problems[0].why
    assert problems[0].remedy
    assert problems[0].path.startswith("panels[0]")


@pytest.mark.parametrize(
    ("change", "feature"),
    [
        ({"templating": {"list": [{"name": "host", "type": "query"}]}}, "variable"),
        ({"timepicker": None}, "missing timepicker"),
        ({"__inputs": [{"name": "DS_X"}]}, "import inputs"),
        (
            {"annotations": {"list": [{"name": "x", "type": "tags", "datasource": {"uid": "-- Grafana --"}}]}},
            "tag annotation",
        ),
        ({"annotations": {"list": [{"name": "x", "target": {"type": "tags"}}]}}, "tag annotation"),
        ({"annotations": {"list": [{"name": "x", "datasource": PROMETHEUS}]}}, "datasource annotation"),
        ({"links": [{"type": "dashboards"}]}, "dashboard link"),
        ({"apiVersion": "dashboard.grafana.app/v2"}, "v2 schema"),
    ],
)
def test_each_feature_of_the_dashboard_is_named(change: dict[str, Any], feature: str) -> None:
    problems = share_problems({**READY, **change})
    assert [problem.feature for problem in problems] == [feature]
    assert problems[0].panel is None
    assert set(problems[0].as_json()) == {"feature", "path", "panel", "panel_id", "why", "remedy"}


def test_the_builtin_annotation_and_a_switched_off_one_do_no_harm() -> None:
    entries = [{"builtIn": 1, "name": "a", "type": "tags"}, {"enable": False, "name": "b", "type": "tags"}]
    assert share_problems({**READY, "annotations": {"list": entries}}) == []


def test_a_variable_in_a_collapsed_row_is_found_once_at_its_panel() -> None:
    dashboard = {**READY, "templating": {"list": [{"name": "host"}]}}
    dashboard["panels"] = [{"id": 2, "type": "row", "title": "Row", "panels": [_panel(title="$host [[host]]")]}]
    assert [problem.panel for problem in share_problems(dashboard)] == [None, "$host [[host]]"]
