"""A panel before it is laid out: what it shows and where it comes from."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from ..spec.spec import PanelType


class Source(StrEnum):
    """Why a panel is there (`g6_meta.source`)."""

    SPEC = "spec"
    AUTO_RATE = "auto_rate"
    AUTO_HIST_QUANTILE = "auto_hist_quantile"
    AUTO_TOPK = "auto_topk"
    AUTO_LABEL_SPLIT = "auto_label_split"
    PLACEHOLDER = "placeholder"
    CROSS_METRIC = "cross_metric"
    ALERTS_AGGREGATE = "alerts_aggregate"
    GOVERNANCE_SUMMARY = "governance_summary"


class Origin(NamedTuple):
    """What of the spec a panel comes from; one for all panels of a metric."""

    metric: str = ""
    family: str = ""
    kind: str = ""
    description: str = ""
    alerts_count: int = 0


class Draft(NamedTuple):
    """What one panel shows; `unit` is Grafana's name or "", `hidden` are columns that a table leaves out.

    A named tuple, since a frozen dataclass takes ten times as long to make.
    """

    title: str
    expr: str
    source: Source
    origin: Origin
    unit: str = ""
    legend: str = ""
    type: PanelType = PanelType.TIMESERIES
    split_label: str = ""
    key: str | None = None
    migrated_percent: float | None = None
    hidden: tuple[str, ...] = ()
