"""How generated panels look: legends, ranges, columns and heights that a reader can use as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from backend_server.generator.output.assemble import generate
from backend_server.generator.spec.spec import DashboardPlan, Spec

PLAN = DashboardPlan("bus", "Bus", ("bus",))


def panels_of(spec: Any) -> Any:
    return {panel["title"]: panel for panel in generate(PLAN, spec).document["panels"]}


def legend(panel: Any) -> Any:
    return panel["targets"][0].get("legendFormat", "")


def written(promql: Any, kind: str = "timeseries") -> dict[str, Any]:
    panel = {"title": "T", "promql": promql, "panel_type": kind}
    return {"name": "a", "kind": "gauge", "labels": ["x"], "panels": [panel]}


@pytest.mark.parametrize(
    ("promql", "words"),
    [("a", "{{x}}"), ("sum by (y) (a)", "{{y}}"), ("sum(a)", ""), ("topk(3, sum by (y, z) (a))", "{{y}} {{z}}")],
)
def test_a_written_panels_legend_shows_the_labels_its_result_has(
    spec_of: Callable[..., Spec], promql: str, words: str
) -> None:
    assert legend(panels_of(spec_of(written(promql)))["T"]) == words


def test_quantiles_and_bare_gauges_have_short_legends(spec_of: Callable[..., Spec]) -> None:
    panels = panels_of(spec_of({"name": "a_seconds", "kind": "histogram"}, {"name": "b", "kind": "gauge"}))

    assert legend(panels["A p95 (5m)"]) == "p95"
    assert legend(panels["B"]) == "{{instance}}"


@pytest.mark.parametrize(
    ("unit", "function"),
    [("percentunit", "avg"), ("percent", "avg"), ("dateTimeFromNow", "max"), ("bool_on_off", "max"), ("bytes", "sum")],
)
def test_shares_are_averaged_and_moments_are_not_added(spec_of: Callable[..., Spec], unit: str, function: str) -> None:
    panels = panels_of(spec_of({"name": "a", "kind": "gauge", "labels": ["x"], "unit": unit}))

    assert panels["A by x"]["targets"][0]["expr"] == f"{function} by (x) (a)"


@pytest.mark.parametrize(
    ("kind", "unit", "bounds"),
    [
        ("gauge", "percentunit", (0, 1)),
        ("bargauge", "percent", (0, 100)),
        ("timeseries", "bool_on_off", (0, 1)),
        ("timeseries", "percentunit", None),
        ("gauge", "short", None),
    ],
)
def test_a_dial_ends_where_its_unit_ends(
    spec_of: Callable[..., Spec], kind: str, unit: str, bounds: tuple[int, ...] | None
) -> None:
    metric = written("a", kind)
    metric["panels"][0]["unit"] = unit
    defaults = panels_of(spec_of(metric))["T"]["fieldConfig"]["defaults"]

    assert ((defaults["min"], defaults["max"]) if "min" in defaults else None) == bounds


def test_a_table_leaves_out_what_says_nothing_and_keeps_what_was_asked_for(spec_of: Callable[..., Spec]) -> None:
    def hidden(promql: Any) -> list[Any]:
        (transformation,) = panels_of(spec_of(written(promql, "table")))["T"]["transformations"]
        return sorted(transformation["options"]["excludeByName"])

    assert hidden("a") == ["Time", "__name__", "instance", "job"]
    assert hidden("sum by (job) (a)") == ["Time", "__name__", "instance"]


def test_the_table_of_alerts_is_as_high_as_it_is_long(spec_of: Callable[..., Spec]) -> None:
    def height(count: Any) -> Any:
        alerts = [{"name": f"A{number}", "expr": "up == 0"} for number in range(count)]
        return panels_of(spec_of({"name": "a", "kind": "gauge", "alerts": alerts}))["Alerts"]["gridPos"]["h"]

    assert [height(count) for count in (1, 3, 20)] == [4, 6, 8]
