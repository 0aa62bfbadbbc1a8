"""Metric by metric: the panels somebody wrote, the automatic ones, a placeholder where there is neither.

Order and caps are the spec's of this product: written, automatic, placeholders, then cross-metric ones; 24 core and 12
efficiency panels in one dashboard.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..spec.spec import DashboardPlan, Metric, MetricKind, PanelType, Spec, SpecPanel
from .cross import EFFICIENCY_DASHBOARDS, cross_metric_drafts
from .draft import Draft, Origin, Source
from .summaries import alerts_table, governance_summary

MAX_CORE = 24
MAX_EFFICIENCY = 12
MAX_SPLITS = 2
TOP = 5
HIDDEN_COLUMNS = ("Time", "__name__", "instance", "job")
QUANTILES = ((0.95, "p95"), (0.99, "p99"))

_SUFFIX = re.compile(r"_(total|seconds|bytes|ratio)$")
_RATE_UNITS = {"bytes": "Bps", "decbytes": "Bps", "bits": "bps", "decbits": "bps"}
# Words of a name, also as a plural; the first of these that is there decides.
_RATE_WORDS = {
    "request": "reqps", "row": "rowsps", "event": "eps", "message": "mps", "record": "recps", "write": "wps",
    "read": "rps", "op": "ops", "operation": "ops",
}  # fmt: skip
_WORDS = re.compile(r"[a-z0-9]+")


class MetricDrafts(NamedTuple):
    """The panels one metric gets, whatever dashboard it is shown on."""

    written: list[Draft]
    automatic: list[Draft]
    placeholder: list[Draft]


def drafts_for(plan: DashboardPlan, spec: Spec, known: dict[str, MetricDrafts] | None = None) -> tuple[Draft, ...]:
    """Decide a dashboard's panels, capped, in the order they are placed.

    `known` remembers the metrics' panels by name between the dashboards of one spec.
    """
    known = {} if known is None else known
    metrics = tuple(metric for family in plan.families for metric in spec.families.get(family, ()))
    wide = [draft for draft in (alerts_table(metrics), _governance(plan, spec)) if draft is not None]
    core = _unique(_core(metrics, known), MAX_CORE)
    efficiency: list[Draft] = []
    if plan.slug in EFFICIENCY_DASHBOARDS:
        efficiency = _unique(cross_metric_drafts(metrics), MAX_EFFICIENCY)
    return (*wide, *core, *efficiency)


def room_for(plan: DashboardPlan, spec: Spec, known: dict[str, MetricDrafts]) -> tuple[set[str], set[str]]:
    """Return the metrics that a plan's dashboard shows, and those that its cap leaves without any panel there."""
    metrics = tuple(metric for family in plan.families for metric in spec.families.get(family, ()))
    core = _unique(_core(metrics, known), sys.maxsize)
    shown = {draft.origin.metric for draft in core[:MAX_CORE]}
    left_out = {draft.origin.metric for draft in core[MAX_CORE:]} - shown
    if left_out and plan.slug in EFFICIENCY_DASHBOARDS:
        shown |= {draft.origin.metric for draft in _unique(cross_metric_drafts(metrics), MAX_EFFICIENCY)}
    return shown, left_out - shown


def recorded_name(metric: str, quantile_name: str) -> str:
    """Return the name of the recording rule of a histogram's quantile, e.g. `bus_latency_seconds:p95_5m`."""
    return f"{metric}:{quantile_name}_5m"


def humanise(metric: str) -> str:
    """Turn a metric's name into words: `bus_events_published_total` → `Bus events published`."""
    words = _SUFFIX.sub("", metric).replace("_", " ").replace(":", " ").strip()
    return words[:1].upper() + words[1:]


def rate_unit(metric: Metric) -> str:
    """Return the unit of a counter's rate."""
    if metric.unit in _RATE_UNITS:
        return _RATE_UNITS[metric.unit]
    if metric.unit in ("", "short", "none"):
        words = {word.removesuffix("s") for word in _WORDS.findall(metric.name.lower())}
        return next((unit for word, unit in _RATE_WORDS.items() if word in words), "cps")
    return "short"


def _governance(plan: DashboardPlan, spec: Spec) -> Draft | None:
    return governance_summary(spec) if plan.slug == "governance" else None


def _core(metrics: tuple[Metric, ...], known: dict[str, MetricDrafts]) -> Iterator[Draft]:
    each = []
    for metric in metrics:
        drafts = known.get(metric.name)
        if drafts is None:
            drafts = known[metric.name] = _of_metric(metric)
        each.append(drafts)
    for written, _, _ in each:
        yield from written
    for _, automatic, _ in each:
        yield from automatic
    for _, _, placeholder in each:
        yield from placeholder


def _of_metric(metric: Metric) -> MetricDrafts:
    origin = Origin(metric.name, metric.family, metric.kind, metric.help, len(metric.alerts))
    written = [_written(panel, origin) for panel in metric.panels]
    automatic = _automatic(metric, origin)
    if written or automatic:
        return MetricDrafts(written, automatic, [])
    title, expr, legend = humanise(metric.name), metric.name + _scale(metric), _legend(metric.labels or ("instance",))
    return MetricDrafts([], [], [Draft(title, expr, Source.PLACEHOLDER, origin, metric.unit, legend)])


def _written(panel: SpecPanel, origin: Origin) -> Draft:
    title, kind, legend = panel.title, panel.panel_type, _legend(panel.shown)
    draft = Draft(title, panel.promql, Source.SPEC, origin, panel.unit, legend, kind, key=panel.key)
    if kind is not PanelType.TABLE:
        return draft
    return draft._replace(legend="", hidden=tuple(name for name in HIDDEN_COLUMNS if name not in panel.shown))


def _automatic(metric: Metric, origin: Origin) -> list[Draft]:
    name, words, unit = metric.name, humanise(metric.name), metric.unit
    if metric.kind is MetricKind.HISTOGRAM:
        return [
            Draft(f"{words} {each} (5m)", f"{name}:{each}_5m", Source.AUTO_HIST_QUANTILE, origin, unit, each)
            for _, each in QUANTILES
        ]
    drafts = []
    if metric.kind is MetricKind.COUNTER:
        unit = rate_unit(metric)
        if not any(panel.rated == name for panel in metric.panels):
            drafts.append(Draft(f"{words} rate (5m)", f"sum(rate({name}[5m]))", Source.AUTO_RATE, origin, unit))
        together, read, scale = "sum", f"rate({name}[5m])", ""
    else:
        if not metric.labels:
            return []
        together, read, scale = _together(unit), name, _scale(metric)
        title, expr, legend = f"{words}: top {TOP}", f"topk({TOP}, {name}){scale}", _legend(metric.labels)
        drafts.append(Draft(title, expr, Source.AUTO_TOPK, origin, unit, legend))
    for label in metric.labels[:MAX_SPLITS]:
        title, expr = f"{words} by {label}", f"{together} by ({label}) ({read}){scale}"
        legend = f"{{{{{label}}}}}"
        drafts.append(Draft(title, expr, Source.AUTO_LABEL_SPLIT, origin, unit, legend, split_label=label))
    return drafts


def _legend(labels: tuple[str, ...]) -> str:
    return " ".join(f"{{{{{label}}}}}" for label in labels)


def _together(unit: str) -> str:
    """Return how a gauge's series are aggregated: shares by average, times by the latest, all else summed."""
    if unit in ("percent", "percentunit"):
        return "avg"
    return "max" if unit.startswith(("dateTime", "bool")) else "sum"


def _scale(metric: Metric) -> str:
    """Return the factor from a value to its unit: Grafana's dates take milliseconds, Prometheus stores seconds."""
    return " * 1000" if metric.unit.startswith("dateTime") and metric.name.endswith("_seconds") else ""


def _unique(drafts: Iterable[Draft], most: int) -> list[Draft]:
    """Drop a draft that would show the same as an earlier one: it would have the same signature. At most `most`."""
    seen: set[tuple[str, ...]] = set()
    unique: list[Draft] = []
    for draft in drafts:
        identity = (draft.title, draft.type, draft.unit, draft.expr)
        if identity not in seen:
            seen.add(identity)
            unique.append(draft)
            if len(unique) == most:
                break
    return unique
