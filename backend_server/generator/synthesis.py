"""Metric by metric: the panels somebody wrote, the automatic ones, a placeholder where there is neither.

Order and caps are the spec's of this product: written, automatic, placeholders, then cross-metric ones; 24 core and 12
efficiency panels in one dashboard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from backend_server.generator.cross import EFFICIENCY_DASHBOARDS, cross_metric_drafts
from backend_server.generator.draft import Draft, Source
from backend_server.generator.spec import DashboardPlan, Kind, Metric, PanelType, Spec
from backend_server.generator.summaries import alerts_table, governance_summary

MAX_CORE = 24
MAX_EFFICIENCY = 12
MAX_SPLITS = 2
TOP = 5
HIDDEN_COLUMNS = ("Time", "__name__", "instance", "job")
QUANTILES = ((0.95, "p95"), (0.99, "p99"))

_RATED = re.compile(r"\b(?:rate|irate|increase)\s*\(\s*([a-zA-Z_:][\w:]*)")
_SUFFIX = re.compile(r"_(total|seconds|bytes|ratio)$")
_RATE_UNITS = {"bytes": "Bps", "decbytes": "Bps", "bits": "bps", "decbits": "bps"}
_RATE_WORDS = (
    ("request", "reqps"), ("row", "rowsps"), ("event", "eps"), ("message", "mps"), ("record", "recps"),
    ("write", "wps"), ("read", "rps"), ("op", "ops"),
)  # fmt: skip


def drafts_for(plan: DashboardPlan, spec: Spec) -> tuple[Draft, ...]:
    """Decide a dashboard's panels, capped, in the order they are placed."""
    metrics = tuple(metric for family in plan.families for metric in spec.families.get(family, ()))
    wide = [draft for draft in (alerts_table(metrics), _governance(plan, spec)) if draft is not None]
    core = list(_unique(_core(metrics)))[:MAX_CORE]
    efficiency: list[Draft] = []
    if plan.slug in EFFICIENCY_DASHBOARDS:
        efficiency = list(_unique(cross_metric_drafts(metrics)))[:MAX_EFFICIENCY]
    return (*wide, *core, *efficiency)


def recorded_name(metric: str, quantile_name: str) -> str:
    """Name the recording rule of a histogram's quantile, e.g. `bus_latency_seconds:p95_5m`."""
    return f"{metric}:{quantile_name}_5m"


def humanise(metric: str) -> str:
    """Turn a metric's name into words: `bus_events_published_total` → `Bus events published`."""
    words = _SUFFIX.sub("", metric).replace("_", " ").replace(":", " ").strip()
    return words[:1].upper() + words[1:]


def rate_unit(metric: Metric) -> str:
    """The unit of a counter's rate."""
    if metric.unit in _RATE_UNITS:
        return _RATE_UNITS[metric.unit]
    if metric.unit in ("", "short", "none"):
        return next((unit for word, unit in _RATE_WORDS if word in metric.name), "cps")
    return "short"


def _governance(plan: DashboardPlan, spec: Spec) -> Draft | None:
    return governance_summary(spec) if plan.slug == "governance" else None


def _core(metrics: tuple[Metric, ...]) -> Iterator[Draft]:
    automatic = {metric.name: list(_automatic(metric)) for metric in metrics}
    for metric in metrics:
        yield from _written(metric)
    for metric in metrics:
        yield from automatic[metric.name]
    for metric in metrics:
        if not metric.panels and not automatic[metric.name]:
            yield _draft(
                metric,
                humanise(metric.name),
                metric.name,
                Source.PLACEHOLDER,
                unit=metric.unit,
                legend=_legend(metric.labels or ("instance",)),
            )


def _written(metric: Metric) -> Iterator[Draft]:
    for panel in metric.panels:
        table = panel.panel_type is PanelType.TABLE
        yield _draft(
            metric,
            panel.title,
            panel.promql,
            Source.SPEC,
            unit=panel.unit,
            legend="" if table else _legend(panel.shown),
            type_=panel.panel_type,
            key=panel.key,
            hidden=tuple(name for name in HIDDEN_COLUMNS if name not in panel.shown) if table else (),
        )


def _automatic(metric: Metric) -> Iterator[Draft]:
    name, words = metric.name, humanise(metric.name)
    if metric.kind is Kind.COUNTER:
        if not _has_rate(metric):
            yield _draft(
                metric, f"{words} rate (5m)", f"sum(rate({name}[5m]))", Source.AUTO_RATE, unit=rate_unit(metric)
            )
        for label in metric.labels[:MAX_SPLITS]:
            yield _draft(
                metric,
                f"{words} by {label}",
                f"sum by ({label}) (rate({name}[5m]))",
                Source.AUTO_LABEL_SPLIT,
                unit=rate_unit(metric),
                legend=f"{{{{{label}}}}}",
                split=label,
            )
    elif metric.kind is Kind.HISTOGRAM:
        for _, quantile in QUANTILES:
            yield _draft(
                metric,
                f"{words} {quantile} (5m)",
                recorded_name(name, quantile),
                Source.AUTO_HIST_QUANTILE,
                unit=metric.unit,
                legend=quantile,
            )
    elif metric.labels:
        legend = _legend(metric.labels)
        yield _draft(
            metric, f"{words}: top {TOP}", f"topk({TOP}, {name})", Source.AUTO_TOPK, unit=metric.unit, legend=legend
        )
        for label in metric.labels[:MAX_SPLITS]:
            yield _draft(
                metric,
                f"{words} by {label}",
                f"{_together(metric.unit)} by ({label}) ({name})",
                Source.AUTO_LABEL_SPLIT,
                unit=metric.unit,
                legend=f"{{{{{label}}}}}",
                split=label,
            )


def _legend(labels: tuple[str, ...]) -> str:
    return " ".join(f"{{{{{label}}}}}" for label in labels)


def _together(unit: str) -> str:
    """How a gauge's series come together: shares have an average and moments a latest; their sum says nothing."""
    if unit in ("percent", "percentunit"):
        return "avg"
    return "max" if unit.startswith(("dateTime", "bool")) else "sum"


def _has_rate(metric: Metric) -> bool:
    # One pattern for all metrics: compiling one each would cost more than all the rest.
    return any(metric.name in _RATED.findall(panel.promql) for panel in metric.panels)


def _draft(
    metric: Metric,
    title: str,
    expr: str,
    source: Source,
    *,
    unit: str,
    legend: str = "",
    split: str = "",
    type_: PanelType = PanelType.TIMESERIES,
    key: str | None = None,
    hidden: tuple[str, ...] = (),
) -> Draft:
    return Draft(
        title=title,
        exprs=((expr, legend),),
        source=source,
        unit=unit,
        type=type_,
        metric=metric.name,
        family=metric.family,
        kind=metric.kind.value,
        description=metric.help,
        split_label=split,
        key=key,
        alerts_count=len(metric.alerts),
        hidden=hidden,
    )


def _unique(drafts: Iterable[Draft]) -> Iterator[Draft]:
    """Drop a draft that would show the same as an earlier one: it would have the same signature."""
    seen: set[tuple[object, ...]] = set()
    for draft in drafts:
        identity = (draft.title, draft.type, draft.unit, tuple(sorted(expr for expr, _ in draft.exprs)))
        if identity not in seen:
            seen.add(identity)
            yield draft
