"""The metrics spec: families of metrics with labels, written panels and alerts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class MetricKind(StrEnum):
    """The kinds of metric a spec knows."""

    __hash__ = str.__hash__  # Enum's own is a Python function, and these are looked up for every panel

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class PanelType(StrEnum):
    """The panel types a spec may ask for."""

    __hash__ = str.__hash__

    TIMESERIES = "timeseries"
    STAT = "stat"
    GAUGE = "gauge"
    BARGAUGE = "bargauge"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class SpecPanel:
    """A panel somebody wrote; `key` keeps its identity under a new title.

    `shown` are the labels its result has; `rated` is the metric whose rate or increase it shows and nothing else.
    """

    title: str
    promql: str
    unit: str = ""
    panel_type: PanelType = PanelType.TIMESERIES
    key: str | None = None
    shown: tuple[str, ...] = ()
    rated: str = ""


@dataclass(frozen=True, slots=True)
class SpecAlert:
    """An alert rule; `for_` is a Prometheus duration."""

    name: str
    expr: str
    for_: str = "5m"
    severity: str = "warning"
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of a family. A histogram's name is its base name, without `_bucket`."""

    name: str
    kind: MetricKind
    family: str
    labels: tuple[str, ...] = ()
    unit: str = ""
    help: str = ""
    panels: tuple[SpecPanel, ...] = ()
    alerts: tuple[SpecAlert, ...] = ()


@dataclass(frozen=True, slots=True)
class Spec:
    """A checked spec; `hash` is the first 16 hex digits of the file's SHA-256."""

    families: Mapping[str, tuple[Metric, ...]]
    hash: str

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """All metrics, family by family in the order of their names."""
        return tuple(metric for name in sorted(self.families) for metric in self.families[name])


@dataclass(frozen=True, slots=True)
class DashboardPlan:
    """One dashboard: which families it shows, and how it presents itself."""

    slug: str
    title: str
    families: tuple[str, ...]
    description: str = ""
    tags: tuple[str, ...] = ()
    time: str = "now-1h"
    refresh: str = "30s"
