"""Dashboards from a parsed metrics spec with grafanalib, by the same rules, as its users would write them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from grafanalib import core as gl
from grafanalib._gen import DashboardEncoder

MAX_CORE, MAX_EFFICIENCY, MAX_SPLITS = 24, 12, 2
EFFICIENCY = {"panels_efficiency", "column_store", "lifecycle_storage"}
RATE_UNITS = {"bytes": "Bps", "decbytes": "Bps", "bits": "bps", "decbits": "bps"}
RATE_WORDS = {
    "request": "reqps", "row": "rowsps", "event": "eps", "message": "mps", "record": "recps", "write": "wps",
    "read": "rps", "op": "ops",
}  # fmt: skip
RELATIONS = [
    ("bytes per write", ["bytes"], ["writes", "write", "flushes", "batches"], "counter", "bytes"),
    ("bytes per row", ["bytes"], ["rows", "row", "records"], "counter", "bytes"),
    (
        "time to drain",
        ["backlog", "queue", "pending"],
        ["rows", "processed", "drained", "compacted", "writes"],
        "gauge",
        "s",
    ),
]
PANELS = {
    "timeseries": gl.TimeSeries,
    "stat": gl.Stat,
    "gauge": gl.GaugePanel,
    "bargauge": gl.BarGauge,
    "table": gl.Table,
}
_RATED = re.compile(r"\b(?:rate|irate|increase)\s*\(\s*([a-zA-Z_:][\w:]*)")
Metric = Mapping[str, Any]
Draft = dict[str, Any]


def dashboards(families: Mapping[str, Sequence[Metric]], plans: Sequence[Mapping[str, Any]]) -> list[str]:
    """Write every plan's dashboard as JSON text."""
    return [_dashboard(families, plan) for plan in plans]


def _dashboard(families: Mapping[str, Sequence[Metric]], plan: Mapping[str, Any]) -> str:
    metrics = [metric for family in plan["families"] for metric in families.get(family, ())]
    drafts = _alerts(metrics)
    if plan["slug"] == "governance":
        drafts += _governance(families)
    drafts += _unique(_core(metrics))[:MAX_CORE]
    if plan["slug"] in EFFICIENCY:
        drafts += _unique(_cross(metrics))[:MAX_EFFICIENCY]
    taken: set[int] = set()
    panels = []
    for draft, place in _placed(drafts):
        digest = hashlib.sha256(f"{plan['slug']}:{_signature(draft)}".encode()).hexdigest()
        number = int(digest[:8], 16) or int(digest[8:16], 16)
        while number in taken:
            number += 1
        taken.add(number)
        panels.append(_panel(draft, number, place))
    board = gl.Dashboard(
        title=plan["title"],
        uid=plan["uid"],
        description=plan["description"],
        tags=list(plan["tags"]),
        refresh=plan["refresh"],
        time=gl.Time(plan["time"], "now"),
        panels=panels,
    )
    return json.dumps(board.to_json_data(), sort_keys=True, indent=2, cls=DashboardEncoder)


def _draft(metric: Metric, title: str, expr: str, unit: str, **more: Any) -> Draft:
    return {
        "title": title,
        "expr": expr,
        "unit": unit,
        "type": "timeseries",
        "help": metric["help"],
        "legend": "",
    } | more


def _humanise(name: str) -> str:
    words = re.sub(r"_(total|seconds|bytes|ratio)$", "", name).replace("_", " ").replace(":", " ").strip()
    return words[:1].upper() + words[1:]


def _rate_unit(metric: Metric) -> str:
    unit = metric["unit"]
    if unit in RATE_UNITS:
        return RATE_UNITS[unit]
    if unit in ("", "short", "none"):
        return next((found for word, found in RATE_WORDS.items() if word in metric["name"]), "cps")
    return "short"


def _automatic(metric: Metric) -> list[Draft]:
    name, unit, words = metric["name"], metric["unit"], _humanise(metric["name"])
    labels = metric["labels"][:MAX_SPLITS]
    if metric["kind"] == "histogram":
        return [_draft(metric, f"{words} {q} (5m)", f"{name}:{q}_5m", unit, legend=q) for q in ("p95", "p99")]
    if metric["kind"] == "counter":
        unit = _rate_unit(metric)
        rated = any(name in _RATED.findall(panel["promql"]) for panel in metric["panels"])
        found = [] if rated else [_draft(metric, f"{words} rate (5m)", f"sum(rate({name}[5m]))", unit)]
        return found + [
            _draft(metric, f"{words} by {one}", f"sum by ({one}) (rate({name}[5m]))", unit, legend=f"{{{{{one}}}}}")
            for one in labels
        ]
    if not labels:
        return []
    legend = " ".join(f"{{{{{one}}}}}" for one in metric["labels"])
    share, moment = unit in ("percent", "percentunit"), unit.startswith(("dateTime", "bool"))
    together = "avg" if share else "max" if moment else "sum"
    return [_draft(metric, f"{words}: top 5", f"topk(5, {name})", unit, legend=legend)] + [
        _draft(metric, f"{words} by {one}", f"{together} by ({one}) ({name})", unit, legend=f"{{{{{one}}}}}")
        for one in labels
    ]


def _core(metrics: Sequence[Metric]) -> list[Draft]:
    written, automatic, placeholders = [], [], []
    for metric in metrics:
        written += [
            _draft(metric, panel["title"], panel["promql"], panel["unit"], type=panel["panel_type"])
            for panel in metric["panels"]
        ]
        made = _automatic(metric)
        automatic += made
        if not made and not metric["panels"]:
            placeholders.append(_draft(metric, _humanise(metric["name"]), metric["name"], metric["unit"]))
    return written + automatic + placeholders


def _cross(metrics: Sequence[Metric]) -> list[Draft]:
    found = []
    for words, numerators, denominators, kind, unit in RELATIONS:
        for over in metrics:
            parts = over["name"].split("_")
            if over["kind"] != kind or not set(parts) & set(numerators):
                continue
            best, best_score, best_shared = None, 0, 0
            for rank, word in enumerate(denominators):
                for under in metrics:
                    others = under["name"].split("_")
                    if under["kind"] != "counter" or under["name"] == over["name"] or word not in others:
                        continue
                    shared = next(
                        (at for at, (one, two) in enumerate(zip(parts, others, strict=False)) if one != two),
                        min(len(parts), len(others)),
                    )
                    if shared and (best is None or shared * 10 - rank > best_score):
                        best, best_score, best_shared = under, shared * 10 - rank, shared
            if best is not None:
                top = f"sum(rate({over['name']}[5m]))" if kind == "counter" else f"sum({over['name']})"
                subject = " ".join(parts[:best_shared])
                title = f"{subject[:1].upper()}{subject[1:]}: {words}"
                expr = f"{top} / sum(rate({best['name']}[5m]))"
                found.append(_draft(over, title, expr, unit, legend=words, efficiency=True))
    return found


def _alerts(metrics: Sequence[Metric]) -> list[Draft]:
    alerts = [alert for metric in metrics for alert in metric["alerts"]]
    if not alerts:
        return []
    names = "|".join(alert["name"] for alert in alerts)
    quiet = " or ".join(
        f'label_replace(label_replace(vector(0), "alertname", "{alert["name"]}", "", ""), '
        f'"severity", "{alert["severity"]}", "", "")'
        for alert in alerts
    )
    expr = f'max by (alertname, severity) (ALERTS{{alertstate="firing", alertname=~"{names}"}} or {quiet})'
    text = {"help": "Every alert on the metrics shown here: 1 while it fires"}
    return [_draft(text, "Alerts", expr, "", type="table", height=min(8, 3 + len(alerts)))]


def _governance(families: Mapping[str, Sequence[Metric]]) -> list[Draft]:
    names = sorted(m["name"] for metrics in families.values() for m in metrics if m["kind"] == "histogram")
    wanted = [f"{name}:{q}_5m" for name in names for q in ("p95", "p99")]
    expr = f'100 * count(count by (__name__) ({{__name__=~"{"|".join(wanted)}"}})) / {len(wanted)}'
    text = {"help": f"Of {len(wanted)} recording rules for quantiles, the share that Prometheus has"}
    return [_draft(text, "Recording rules in place", expr, "percent", type="stat", legend="in place", height=4)]


def _unique(drafts: Sequence[Draft]) -> list[Draft]:
    return list({(one["title"], one["type"], one["unit"], one["expr"]): one for one in reversed(drafts)}.values())[::-1]


def _placed(drafts: Sequence[Draft]) -> list[tuple[Draft, gl.GridPos]]:
    wide = [one for one in drafts if one["type"] == "table" or "height" in one]
    efficiency = [one for one in drafts if "efficiency" in one]
    core = [one for one in drafts if one not in wide and one not in efficiency]
    placed, y = [], 0
    for one in wide:
        placed.append((one, gl.GridPos(h=one.get("height", 8), w=24, x=0, y=y)))
        y += one.get("height", 8)
    for group in (core, efficiency):
        if group is efficiency and efficiency:
            placed.append(({"title": "Efficiency", "type": "row"}, gl.GridPos(h=1, w=24, x=0, y=y)))
            y += 1
        for index, one in enumerate(group):
            alone = index % 2 == 0 and index == len(group) - 1
            width, x = 24 if alone else 12, 12 * (index % 2)
            placed.append((one, gl.GridPos(h=8, w=width, x=x, y=y + 8 * (index // 2))))
        y += 8 * -(-len(group) // 2)
    return placed


def _signature(draft: Draft) -> str:
    row = draft["type"] == "row"
    found = {
        "datasource": "" if row else "prometheus",
        "exprs": [] if row else [draft["expr"]],
        "title": draft["title"],
        "type": draft["type"],
        "unit": draft.get("unit", ""),
    }
    return json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _panel(draft: Draft, number: int, place: gl.GridPos) -> Any:
    if draft["type"] == "row":
        return gl.RowPanel(title=draft["title"], gridPos=place, id=number)
    more: dict[str, Any] = {}
    if draft["type"] == "timeseries":
        more = {"unit": draft["unit"], "fillOpacity": 10, "legendDisplayMode": "list", "tooltipMode": "multi"}
    elif draft["type"] == "stat":
        more = {"format": draft["unit"], "reduceCalc": "lastNotNull"}
    target = gl.Target(expr=draft["expr"], refId="A", legendFormat=draft["legend"])
    return PANELS[draft["type"]](
        title=draft["title"],
        description=draft["help"],
        dataSource="prometheus",
        targets=[target],
        gridPos=place,
        id=number,
        **more,
    )
