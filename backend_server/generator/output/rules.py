"""Recording and alert rules as a Prometheus rule file."""

from __future__ import annotations

from typing import Any

import yaml

from ..panels.synthesis import QUANTILES, recorded_name
from ..spec.spec import Metric, MetricKind, Spec


def rule_file(spec: Spec) -> str:
    """Return the rules that the generated panels read, and the spec's alerts; `promtool check rules` accepts it."""
    groups: list[dict[str, Any]] = []
    for family in sorted(spec.families):
        recording = [rule for metric in spec.families[family] for rule in _recording(metric)]
        alerts = [rule for metric in spec.families[family] for rule in _alerts(metric)]
        if recording:
            groups.append({"name": f"{family}.quantiles", "interval": "30s", "rules": recording})
        if alerts:
            groups.append({"name": f"{family}.alerts", "rules": alerts})
    body = yaml.dump({"groups": groups}, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=1000)
    return f"# Made from the metrics spec {spec.hash}; edit the spec, not this file.\n{body}"


def _recording(metric: Metric) -> list[dict[str, Any]]:
    if metric.kind is not MetricKind.HISTOGRAM:
        return []
    return [
        {
            "record": recorded_name(metric.name, name),
            "expr": f"histogram_quantile({quantile}, sum by (le) (rate({metric.name}_bucket[5m])))",
        }
        for quantile, name in QUANTILES
    ]


def _alerts(metric: Metric) -> list[dict[str, Any]]:
    return [
        {
            "alert": alert.name,
            "expr": alert.expr,
            "for": alert.for_,
            "labels": {"severity": alert.severity},
            "annotations": {"summary": alert.summary or f"{alert.name} on {metric.name}"},
        }
        for alert in metric.alerts
    ]
