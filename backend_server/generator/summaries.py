"""The two wide panels that sum up: alerts of the metrics shown, and how far the move to recording rules has come."""

from __future__ import annotations

import re

from backend_server.generator.draft import Draft, Source
from backend_server.generator.spec import Kind, Metric, PanelType, Spec

_RAW_QUANTILE = re.compile(r"\bhistogram_quantile\s*\(")
_RECORDED = re.compile(r"[a-zA-Z0-9_]:p\d+_5m\b")


def alerts_table(metrics: tuple[Metric, ...]) -> Draft | None:
    """One table of all alerts of the metrics: 1 while firing, else 0, so that quiet alerts are seen too."""
    alerts = [alert for metric in metrics for alert in metric.alerts]
    if not alerts:
        return None
    names = "|".join(alert.name for alert in alerts)
    quiet = " or ".join(
        f'label_replace(label_replace(vector(0), "alertname", "{alert.name}", "", ""), '
        f'"severity", "{alert.severity}", "", "")'
        for alert in alerts
    )
    expr = f'max by (alertname, severity) (ALERTS{{alertstate="firing", alertname=~"{names}"}} or {quiet})'
    return Draft(
        title="Alerts",
        expr=expr,
        source=Source.ALERTS_AGGREGATE,
        type=PanelType.TABLE,
        description="Every alert on the metrics shown here: 1 while it fires",
        alerts_count=len(alerts),
    )


def governance_summary(spec: Spec) -> Draft | None:
    """How many of the recording rules that the spec asks for a Prometheus really has, in percent."""
    histograms = sorted(metric.name for metric in spec.metrics if metric.kind is Kind.HISTOGRAM)
    if not histograms:
        return None
    wanted = [f"{name}:{quantile}_5m" for name in histograms for quantile in ("p95", "p99")]
    expr = f'100 * count(count by (__name__) ({{__name__=~"{"|".join(wanted)}"}})) / {len(wanted)}'
    return Draft(
        title="Recording rules in place",
        expr=expr,
        legend="in place",
        source=Source.GOVERNANCE_SUMMARY,
        unit="percent",
        type=PanelType.STAT,
        description=f"Of {len(wanted)} recording rules for quantiles, the share that Prometheus has",
        migrated_percent=migrated_percent(spec),
    )


def migrated_percent(spec: Spec) -> float:
    """Of all expressions that show a quantile, the share that reads a recording rule, in percent with one decimal."""
    written = [panel.promql for metric in spec.metrics for panel in metric.panels]
    raw = sum(1 for expr in written if _RAW_QUANTILE.search(expr))
    recorded = sum(1 for expr in written if _RECORDED.search(expr))
    recorded += 2 * sum(1 for metric in spec.metrics if metric.kind is Kind.HISTOGRAM)
    return round(100 * recorded / (raw + recorded), 1) if raw + recorded else 100.0
