"""Generating dashboards from a spec: ours, grafanalib and go-jsonnet, for equal panels, in turn in one run.

Run as `python -m benchmarks.generate`. The peers get our decisions (titles, queries, units, places) as input and only
build and write the JSON; ours decides as well. Before anything is timed the three results are compared: the same
dashboards, panels, titles and expressions.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import _gojsonnet
import orjson
import yaml
from grafanalib import core as gl
from grafanalib._gen import DashboardEncoder

from backend_server.generator.assemble import generate
from backend_server.generator.plans import SHIPPED_PLANS
from backend_server.generator.read_spec import read_spec
from backend_server.generator.spec import DashboardPlan, Spec
from backend_server.shipped import shipped
from benchmarks.report import Row, print_rows

ROUNDS = 7
AIM_JSONNET = 230
AIM_GRAFANALIB = 15
PATH = "generating from a spec"

JSONNET = """
local input = std.extVar('input');
local datasource = {type: 'prometheus', uid: 'prometheus'};
local target(t) = {datasource: datasource, expr: t.expr, refId: t.refId, legendFormat: t.legend};
local panel(p) = {
  datasource: datasource, id: p.id, title: p.title, type: p.type, gridPos: p.gridPos,
  fieldConfig: {defaults: {unit: p.unit, color: {mode: 'palette-classic'}, custom: {lineWidth: 1}}, overrides: []},
  options: {legend: {calcs: [], displayMode: 'list', placement: 'bottom', showLegend: true}, tooltip: {mode: 'multi'}},
  targets: [target(t) for t in p.targets],
};
local dashboard(d) = {
  annotations: {list: []}, editable: false, links: [], panels: [panel(p) for p in d.panels], refresh: d.refresh,
  schemaVersion: 41, tags: d.tags, templating: {list: []}, time: {from: d.time, to: 'now'}, timepicker: {},
  timezone: 'browser', title: d.title, uid: d.uid,
};
[dashboard(d) for d in input]
"""

_GRAFANALIB = {
    "timeseries": gl.TimeSeries,
    "stat": gl.Stat,
    "gauge": gl.GaugePanel,
    "bargauge": gl.BarGauge,
    "table": gl.Table,
}


def ours(spec: Spec, plans: tuple[DashboardPlan, ...]) -> list[bytes]:
    """Decide, build and write."""
    return [generate(plan, spec).body for plan in plans]


def with_jsonnet(decided: str) -> str:
    """Build and write with go-jsonnet, in this process."""
    result: str = _gojsonnet.evaluate_snippet("dashboards.jsonnet", JSONNET, ext_codes={"input": decided})
    return result


def with_grafanalib(decided: list[dict[str, Any]]) -> list[str]:
    """Build and write with grafanalib."""
    written = []
    for one in decided:
        panels = []
        for panel in one["panels"]:
            place = panel["gridPos"]
            targets = [gl.Target(expr=t["expr"], refId=t["refId"], legendFormat=t["legend"]) for t in panel["targets"]]
            at = gl.GridPos(h=place["h"], w=place["w"], x=place["x"], y=place["y"])
            if panel["type"] == "row":
                panels.append(gl.RowPanel(title=panel["title"], gridPos=at, id=panel["id"]))
            else:
                known = _GRAFANALIB[panel["type"]]
                extra = {"unit": panel["unit"]} if panel["type"] == "timeseries" else {}
                panels.append(
                    known(
                        title=panel["title"],
                        dataSource="prometheus",
                        targets=targets,
                        gridPos=at,
                        id=panel["id"],
                        **extra,
                    )
                )
        board = gl.Dashboard(
            title=one["title"], uid=one["uid"], panels=panels, tags=one["tags"], refresh=one["refresh"]
        )
        written.append(json.dumps(board.to_json_data(), sort_keys=True, indent=2, cls=DashboardEncoder))
    return written


def decisions(bodies: list[bytes]) -> list[dict[str, Any]]:
    """Reduce our documents to what the peers need."""
    found = []
    for body in bodies:
        document = orjson.loads(body)
        panels = [
            {
                "id": panel["id"],
                "title": panel["title"],
                "type": panel["type"],
                "gridPos": panel["gridPos"],
                "unit": panel.get("fieldConfig", {}).get("defaults", {}).get("unit", ""),
                "targets": [
                    {"expr": t["expr"], "refId": t["refId"], "legend": t.get("legendFormat", "")}
                    for t in panel.get("targets", [])
                ],
            }
            for panel in document["panels"]
        ]
        found.append(
            {key: document[key] for key in ("title", "uid", "tags", "refresh")}
            | {"time": document["time"]["from"], "panels": panels}
        )
    return found


def shape(dashboards: list[dict[str, Any]]) -> list[Any]:
    """What must be equal: titles of dashboards and panels, and their expressions."""
    return [
        (one["title"], [(p["title"], sorted(t["expr"] for t in p.get("targets", []))) for p in one["panels"]])
        for one in dashboards
    ]


def in_turn(work: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Median seconds of each, the rounds taken in turn so that a slow moment hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(ROUNDS):
        for name, do in work.items():
            start = time.perf_counter()
            do()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(found) for name, found in times.items()}


def spec_of_panels(count: int) -> tuple[Spec, tuple[DashboardPlan, ...]]:
    """A spec whose dashboards have about `count` panels altogether: 24 a dashboard, three a counter."""
    families = {
        f"family{number}": {
            "metrics": [
                {"name": f"f{number}_m{place}_total", "kind": "counter", "labels": ["a", "b"], "unit": "short"}
                for place in range(min(8, max(1, (count - number * 24) // 3)))
            ]
        }
        for number in range(max(1, -(-count // 24)))
    }
    spec = read_spec(yaml.dump({"version": 1, "families": families}, Dumper=yaml.CSafeDumper).encode())
    return spec, tuple(DashboardPlan(name, name, (name,)) for name in families)


def rows() -> list[Row]:
    """Measure and judge."""
    source = shipped("metrics", "spec", "base.yml").read_bytes()
    spec = read_spec(source)
    bodies = ours(spec, SHIPPED_PLANS)
    decided = decisions(bodies)
    as_text = orjson.dumps(decided).decode()
    wanted = shape([orjson.loads(body) for body in bodies])
    assert shape(orjson.loads(with_jsonnet(as_text))) == wanted
    assert shape([orjson.loads(text) for text in with_grafanalib(decided)]) == wanted

    found = in_turn(
        {
            "ours": lambda: ours(spec, SHIPPED_PLANS),
            "reading": lambda: read_spec(source),
            "grafanalib": lambda: with_grafanalib(decided),
            "jsonnet": lambda: with_jsonnet(as_text),
        }
    )
    panels = sum(len(one["panels"]) for one in decided)
    jsonnet, grafanalib = found["jsonnet"] / found["ours"], found["grafanalib"] / found["ours"]
    out = [
        Row(PATH, f"ours, {len(bodies)} dashboards, {panels} panels", "", f"{found['ours'] * 1e3:.2f} ms", None),
        Row(PATH, "reading and checking the spec, once", "", f"{found['reading'] * 1e3:.2f} ms", None),
        Row(PATH, "go-jsonnet / ours", f">= {AIM_JSONNET} x", f"{jsonnet:.0f} x", jsonnet >= AIM_JSONNET),
        Row(PATH, "grafanalib / ours", f">= {AIM_GRAFANALIB} x", f"{grafanalib:.1f} x", grafanalib >= AIM_GRAFANALIB),
    ]
    for count in (25, 250, 2500):
        large, plans = spec_of_panels(count)
        made = sum(len(orjson.loads(body)["panels"]) for body in ours(large, plans))
        seconds = in_turn({"ours": lambda large=large, plans=plans: ours(large, plans)})["ours"]
        out.append(Row(PATH, f"growth: {made} panels", "", f"{seconds / made * 1e6:.1f} us a panel", None))
    return out


if __name__ == "__main__":
    print_rows(rows())
