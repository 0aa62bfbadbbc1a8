"""Coverage: metrics of the spec that no panel shows, and panels whose metric the spec does not describe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backend_server.documents.panels import Panel, all_panels, targets_of
from backend_server.promql import selects_of

from ..spec.spec import MetricKind, Spec


@dataclass(frozen=True, slots=True)
class Coverage:
    """Gaps on both sides; panels are named `slug: title (metric)`."""

    metrics_without_panel: tuple[str, ...]
    panels_without_metric: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether there is no gap."""
        return not (self.metrics_without_panel or self.panels_without_metric)


def find_coverage(spec: Spec, dashboards: Mapping[str, Panel]) -> Coverage:
    """Compare a spec's metrics with what the dashboards' panels were made for and their queries read."""
    known: dict[str, str] = {"ALERTS": ""}
    for metric in spec.metrics:
        known[metric.name] = metric.name
        if metric.kind is MetricKind.HISTOGRAM:
            for suffix in ("_bucket", "_sum", "_count", ":p95_5m", ":p99_5m"):
                known[metric.name + suffix] = metric.name
    shown: set[str] = set()
    strangers: list[str] = []
    for slug in sorted(dashboards):
        for panel in all_panels(dashboards[slug]):
            for name in _read_by(panel):
                if name in known:
                    shown.add(known[name])
                else:
                    strangers.append(f"{slug}: {panel.get('title') or 'untitled'} ({name})")
    missing = tuple(metric.name for metric in spec.metrics if metric.name not in shown)
    return Coverage(missing, tuple(dict.fromkeys(strangers)))


def _read_by(panel: Panel) -> list[str]:
    """Return the metrics a panel is there for: the one it was made for, and those its queries read."""
    meta = panel.get("g6_meta")
    made_for = meta.get("metric") if isinstance(meta, dict) else None
    names = [made_for] if made_for and isinstance(made_for, str) else []
    for target in targets_of(panel):
        expr = target.get("expr")
        if isinstance(expr, str):
            try:
                names += selects_of(expr).metrics
            except ValueError:
                names.append(expr[:60])
    return names
