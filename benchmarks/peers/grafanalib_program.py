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
    "read": "rps", "op": "ops", "operation": "ops",
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
HIST, SPLIT = "auto_hist_quantile", "auto_label_split"
HEADER = {"title": "Efficiency", "type": "row", "source": "cross_metric"}
Metric = Mapping[str, Any]
Draft = dict[str, Any]


def dashboards(
    families: Mapping[str, Sequence[Metric]], plans: Sequence[Mapping[str, Any]], spec_hash: str
) -> list[str]:
    """Write every plan's dashboard as JSON text."""
    return [_dashboard(families, plan, spec_hash) for plan in plans]


def _dashboard(families: Mapping[str, Sequence[Metric]], plan: Mapping[str, Any], spec_hash: str) -> str:
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
        uuid = hashlib.sha256(f"{plan['slug']}{draft['key']}".encode()).hexdigest() if draft.get("key") else digest
        panels.append(_panel(draft, number, place, _panel_meta(draft, uuid[:16])))
    board = gl.Dashboard(
        title=plan["title"],
        uid=plan["uid"],
        description=plan["description"],
        tags=list(plan["tags"]),
        refresh=plan["refresh"],
        time=gl.Time(plan["time"], "now"),
        panels=panels,
    )
    whole = board.to_json_data() | {"g6_meta": _dashboard_meta(plan, drafts, spec_hash)}
    return json.dumps(whole, sort_keys=True, indent=2, cls=DashboardEncoder)


def _dashboard_meta(plan: Mapping[str, Any], drafts: Sequence[Draft], spec_hash: str) -> dict[str, Any]:
    sources = [draft["source"] for draft in drafts]
    alerts = [draft["alerts_count"] for draft in drafts if draft["source"] == "alerts_aggregate"]
    return {
        "alerts_count": sum(alerts),
        "alerts_panel": bool(alerts),
        "description": plan["description"],
        "enriched": any(source not in ("spec", "placeholder") for source in sources),
        "families": plan["families"],
        "generator_version": "1",
        "placeholder_panels": sources.count("placeholder"),
        "spec_hash": spec_hash,
    }


def _panel_meta(draft: Draft, uuid: str) -> dict[str, Any]:
    metric, source = draft.get("metric", {}), draft["source"]
    family = metric.get("family", "")
    return {
        "alerts_count": draft.get("alerts_count", 0),
        "family": family,
        "group": "efficiency" if source == "cross_metric" else family,
        "group_header": draft["type"] == "row",
        "kind": metric.get("kind", ""),
        "metric": metric.get("name", ""),
        "migrated_percent": draft.get("migrated_percent"),
        "panel_uuid": uuid,
        "source": source,
        "split_label": draft.get("split", ""),
    }


def _draft(metric: Metric, title: str, expr: str, unit: str, source: str, **more: Any) -> Draft:
    found = {"title": title, "expr": expr, "unit": unit, "source": source, "metric": metric, "help": metric["help"]}
    return found | {"type": "timeseries", "legend": "", "alerts_count": len(metric.get("alerts", ()))} | more


def _humanise(name: str) -> str:
    words = re.sub(r"_(total|seconds|bytes|ratio)$", "", name).replace("_", " ").replace(":", " ").strip()
    return words[:1].upper() + words[1:]


def _legend(labels: Sequence[str]) -> str:
    return " ".join(f"{{{{{one}}}}}" for one in labels)


def _rate_unit(metric: Metric) -> str:
    unit = metric["unit"]
    if unit in RATE_UNITS:
        return RATE_UNITS[unit]
    if unit in ("", "short", "none"):
        words = {word.removesuffix("s") for word in re.findall(r"[a-z0-9]+", metric["name"].lower())}
        return next((found for word, found in RATE_WORDS.items() if word in words), "cps")
    return "short"


def _scale(metric: Metric) -> str:
    return " * 1000" if metric["unit"].startswith("dateTime") and metric["name"].endswith("_seconds") else ""


def _automatic(metric: Metric) -> list[Draft]:
    name, unit, words = metric["name"], metric["unit"], _humanise(metric["name"])
    labels = metric["labels"][:MAX_SPLITS]
    if metric["kind"] == "histogram":
        return [_draft(metric, f"{words} {q} (5m)", f"{name}:{q}_5m", unit, HIST, legend=q) for q in ("p95", "p99")]
    if metric["kind"] == "counter":
        unit = _rate_unit(metric)
        rated = any(panel["rated"] == name for panel in metric["panels"])
        found = [] if rated else [_draft(metric, f"{words} rate (5m)", f"sum(rate({name}[5m]))", unit, "auto_rate")]
        return found + [
            _draft(
                metric,
                f"{words} by {one}",
                f"sum by ({one}) (rate({name}[5m]))",
                unit,
                SPLIT,
                legend=_legend([one]),
                split=one,
            )
            for one in labels
        ]
    if not labels:
        return []
    legend = _legend(metric["labels"])
    share, moment = unit in ("percent", "percentunit"), unit.startswith(("dateTime", "bool"))
    scale = _scale(metric)
    together = "avg" if share else "max" if moment else "sum"
    return [_draft(metric, f"{words}: top 5", f"topk(5, {name}){scale}", unit, "auto_topk", legend=legend)] + [
        _draft(
            metric,
            f"{words} by {one}",
            f"{together} by ({one}) ({name}){scale}",
            unit,
            SPLIT,
            legend=_legend([one]),
            split=one,
        )
        for one in labels
    ]


def _core(metrics: Sequence[Metric]) -> list[Draft]:
    written, automatic, placeholders = [], [], []
    for metric in metrics:
        written += [
            _draft(
                metric,
                panel["title"],
                panel["promql"],
                panel["unit"],
                "spec",
                type=panel["panel_type"],
                key=panel["key"],
                legend=_legend(panel["shown"]),
            )
            for panel in metric["panels"]
        ]
        made = _automatic(metric)
        automatic += made
        if not made and not metric["panels"]:
            placeholders.append(
                _draft(
                    metric, _humanise(metric["name"]), metric["name"] + _scale(metric), metric["unit"], "placeholder"
                )
            )
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
                alerts = len(over["alerts"]) + len(best["alerts"])
                found.append(_draft(over, title, expr, unit, "cross_metric", legend=words, alerts_count=alerts))
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
    more = {"type": "table", "height": min(8, 3 + len(alerts)), "alerts_count": len(alerts)}
    return [_draft(text, "Alerts", expr, "", "alerts_aggregate", **more)]


def _governance(families: Mapping[str, Sequence[Metric]]) -> list[Draft]:
    names = sorted(m["name"] for metrics in families.values() for m in metrics if m["kind"] == "histogram")
    wanted = [f"{name}:{q}_5m" for name in names for q in ("p95", "p99")]
    expr = f'100 * (count(count by (__name__) ({{__name__=~"{"|".join(wanted)}"}})) or vector(0)) / {len(wanted)}'
    text = {"help": f"Of {len(wanted)} recording rules for quantiles, the share that Prometheus has"}
    if not wanted:
        expr, text = "vector(100)", {"help": "The spec has no histogram and so asks for no recording rule"}
    promqls = [p["promql"] for metrics in families.values() for m in metrics for p in m["panels"]]
    raw = sum("histogram_quantile(" in promql for promql in promqls)
    recorded = len(wanted) + sum(bool(re.search(r"[a-zA-Z0-9_]:p\d+_5m\b", promql)) for promql in promqls)
    share = round(100 * recorded / (raw + recorded), 1) if raw + recorded else 100.0
    more = {"type": "stat", "legend": "in place", "height": 4, "migrated_percent": share}
    return [_draft(text, "Recording rules in place", expr, "percent", "governance_summary", **more)]


def _unique(drafts: Sequence[Draft]) -> list[Draft]:
    return list({(one["title"], one["type"], one["unit"], one["expr"]): one for one in reversed(drafts)}.values())[::-1]


def _placed(drafts: Sequence[Draft]) -> list[tuple[Draft, gl.GridPos]]:
    wide = [one for one in drafts if one["type"] == "table" or "height" in one]
    efficiency = [one for one in drafts if one["source"] == "cross_metric"]
    core = [one for one in drafts if one["type"] != "table" and "height" not in one and one["source"] != "cross_metric"]
    placed, y = [], 0
    for one in wide:
        placed.append((one, gl.GridPos(h=one.get("height", 8), w=24, x=0, y=y)))
        y += one.get("height", 8)
    for group in (core, efficiency):
        if group is efficiency and efficiency:
            placed.append((HEADER, gl.GridPos(h=1, w=24, x=0, y=y)))
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


def _panel(draft: Draft, number: int, place: gl.GridPos, meta: dict[str, Any]) -> Any:
    if draft["type"] == "row":
        return gl.RowPanel(title=draft["title"], gridPos=place, id=number, extraJson={"g6_meta": meta})
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
        extraJson={"g6_meta": meta},
        **more,
    )
