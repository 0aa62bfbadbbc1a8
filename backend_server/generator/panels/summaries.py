"""The two wide panels that sum up: alerts of the metrics shown, and how far the move to recording rules has come."""

from __future__ import annotations

import re

from backend_server.promql.check import MAX_LENGTH

from ..spec.spec import Metric, MetricKind, PanelType, Spec
from .draft import Draft, Origin, Source

MAX_ROWS = 100
_RAW_QUANTILE = re.compile(r"\bhistogram_quantile\s*\(")
_RECORDED = re.compile(r"[a-zA-Z0-9_]:p\d+_5m\b")


def alerts_table(metrics: tuple[Metric, ...]) -> Draft | None:
    """One table of all alerts of the metrics: 1 while firing, else 0, so that quiet alerts are seen too.

    Beyond 100 alerts the quiet ones share one row: written out each, the query would outgrow what we check.
    """
    alerts = [alert for metric in metrics for alert in metric.alerts]
    if not alerts:
        return None
    names = "|".join(alert.name for alert in alerts)
    firing = f'ALERTS{{alertstate="firing", alertname=~"{names}"}}'
    description = "Every alert on the metrics shown here: 1 while it fires"
    quiet = " or ".join(_quiet(alert.name, alert.severity) for alert in alerts)
    expr = f"max by (alertname, severity) ({firing} or {quiet})"
    if len(alerts) > MAX_ROWS or len(expr) > MAX_LENGTH:
        if len(firing) > MAX_LENGTH // 2:
            firing = 'ALERTS{alertstate="firing"}'
            description = "Alerts that fire, whatever metric they are on: there are too many here to be named"
        else:
            description = "Alerts on the metrics shown here that fire; all others share a row"
        expr = f"max by (alertname, severity) ({firing} or {_quiet('all others', '')})"
    return Draft(
        title="Alerts",
        expr=expr,
        source=Source.ALERTS_AGGREGATE,
        type=PanelType.TABLE,
        origin=Origin(description=description, alerts_count=len(alerts)),
    )


def _quiet(name: str, severity: str) -> str:
    """A row of value 0."""
    return f'label_replace(label_replace(vector(0), "alertname", "{name}", "", ""), "severity", "{severity}", "", "")'


def governance_summary(spec: Spec) -> Draft:
    """How many of the recording rules that the spec asks for a Prometheus really has, in percent: 0 while it has none.

    A spec without histograms asks for none, and so has all of them. Too many to be named are counted by their form.
    """
    histograms = sorted(metric.name for metric in spec.metrics if metric.kind is MetricKind.HISTOGRAM)
    wanted = [f"{name}:{quantile}_5m" for name in histograms for quantile in ("p95", "p99")]
    names = "|".join(wanted)
    description = f"Of {len(wanted)} recording rules for quantiles, the share that Prometheus has"
    if not wanted:
        expr, description = "vector(100)", "The spec has no histogram and so asks for no recording rule"
    elif len(names) <= MAX_LENGTH - 200:
        expr = f'100 * (count(count by (__name__) ({{__name__=~"{names}"}})) or vector(0)) / {len(wanted)}'
    else:
        recorded = 'count(count by (__name__) ({__name__=~".+:p9[59]_5m"})) or vector(0)'
        expr = f"clamp_max(100 * ({recorded}) / {len(wanted)}, 100)"
    return Draft(
        title="Recording rules in place",
        expr=expr,
        legend="in place",
        source=Source.GOVERNANCE_SUMMARY,
        unit="percent",
        type=PanelType.STAT,
        origin=Origin(description=description),
        migrated_percent=migrated_percent(spec),
    )


def migrated_percent(spec: Spec) -> float:
    """Of all expressions that show a quantile, the share that reads a recording rule, in percent with one decimal."""
    written = [panel.promql for metric in spec.metrics for panel in metric.panels]
    raw = sum(1 for expr in written if _RAW_QUANTILE.search(expr))
    recorded = sum(1 for expr in written if _RECORDED.search(expr))
    recorded += 2 * sum(1 for metric in spec.metrics if metric.kind is MetricKind.HISTOGRAM)
    return round(100 * recorded / (raw + recorded), 1) if raw + recorded else 100.0
