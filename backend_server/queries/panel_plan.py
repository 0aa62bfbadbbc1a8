"""Which queries a panel runs for a range and a width. Pure: only what the document stores is ever asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backend_server.documents import datasource_of, targets_of

from . import macros
from .steps import INSTANT_GRID_MS, Limits, align, read_interval_ms, settle_clock, step_ms
from .time_ranges import TimeRange

MOST_TARGETS = 26


@dataclass(frozen=True, slots=True)
class Query:
    """A stored query, ready to be asked: macros expanded, range on its grid. An instant is asked at `span.to_ms`."""

    ref_id: str
    datasource_uid: str
    datasource_type: str
    expression: str
    instant: bool
    span: TimeRange
    step_ms: int
    legend: str


@dataclass(frozen=True, slots=True)
class PanelPlan:
    """All queries of a panel. `span` and `step_ms` are the panel's own; a target's `interval` may coarsen its step."""

    span: TimeRange
    step_ms: int
    queries: tuple[Query, ...]


def plan_panel(
    panel: Mapping[str, Any],
    asked: TimeRange,
    *,
    now_ms: int,
    points: int,
    limits: Limits,
    floor_ms: int = 0,
) -> PanelPlan:
    """Return a panel's queries, ready to be asked; hidden targets and those without a query are left out."""
    asked = settle_clock(asked, now_ms)
    panel_floor = max(read_interval_ms(panel.get("interval")) or 0, floor_ms)
    most = panel.get("maxDataPoints")
    if isinstance(most, int) and not isinstance(most, bool) and most > 0:
        points = min(points, most)
    panel_step = step_ms(asked.length_ms, points, panel_floor, limits)
    queries = []
    for target in targets_of(panel)[:MOST_TARGETS]:
        expression = target.get("expr")
        if target.get("hide") is True or not isinstance(expression, str) or not expression.strip():
            continue
        own_floor = read_interval_ms(target.get("interval"))
        step = step_ms(asked.length_ms, points, max(own_floor or 0, panel_floor), limits)
        queries.append(_query(panel, target, asked, step, own_floor or limits.scrape_interval_ms))
    return PanelPlan(align(asked, panel_step), panel_step, tuple(queries))


def has_queries(panel: Mapping[str, Any]) -> bool:
    """Whether a panel has targets at all; a text panel has none."""
    return bool(targets_of(panel))


def _query(
    panel: Mapping[str, Any], target: Mapping[str, Any], asked: TimeRange, step: int, scrape_interval_ms: int
) -> Query:
    factor = target.get("intervalFactor")
    if isinstance(factor, int) and not isinstance(factor, bool) and 1 < factor <= 100:
        step *= factor
    span = align(asked, step)
    instant = is_instant(target)
    if instant:
        span = TimeRange(span.from_ms, align(asked, min(step, INSTANT_GRID_MS)).to_ms)
    source = datasource_of(panel, target)
    expression = macros.expand(
        str(target["expr"]),
        step=step,
        length_ms=span.length_ms,
        scrape_interval_ms=scrape_interval_ms,
    )
    legend = target.get("legendFormat")
    return Query(
        ref_id=str(target.get("refId") or "A"),
        datasource_uid=source.uid,
        datasource_type=source.type,
        expression=expression,
        instant=instant,
        span=span,
        step_ms=step,
        legend=legend if isinstance(legend, str) else "",
    )


def is_instant(target: Mapping[str, Any]) -> bool:
    """Whether a target is an instant query; where it asks for both, a table takes the instant and a chart the range."""
    if target.get("instant") is not True:
        return False
    return target.get("range") is not True or target.get("format") == "table"
