"""Which panels a metric gets, in which order, within which caps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from backend_server.generator.panels.synthesis import drafts_for
from backend_server.generator.spec.plans import SHIPPED_PLANS
from backend_server.generator.spec.spec import DashboardPlan, Spec
from backend_server.promql import check_promql

PLAN = DashboardPlan("bus_stream", "Bus", ("bus",))


def shown(spec: Any, plan: Any = PLAN) -> list[Any]:
    return [(draft.source.value, draft.title, draft.expr) for draft in drafts_for(plan, spec)]


def test_a_counter_gets_its_rate_and_at_most_two_splits(spec_of: Callable[..., Spec]) -> None:
    spec = spec_of({"name": "bus_events_total", "kind": "counter", "labels": ["bus", "topic", "zone"], "unit": "short"})

    assert shown(spec) == [
        ("auto_rate", "Bus events rate (5m)", "sum(rate(bus_events_total[5m]))"),
        ("auto_label_split", "Bus events by bus", "sum by (bus) (rate(bus_events_total[5m]))"),
        ("auto_label_split", "Bus events by topic", "sum by (topic) (rate(bus_events_total[5m]))"),
    ]


@pytest.mark.parametrize("function", ["rate", "irate", "increase"])
def test_a_written_rate_takes_the_place_of_the_automatic_one(spec_of: Callable[..., Spec], function: str) -> None:
    written = {"title": "Mine", "promql": f"sum({function}(bus_events_total[1m]))"}
    spec = spec_of({"name": "bus_events_total", "kind": "counter", "panels": [written]})

    assert [source for source, _, _ in shown(spec)] == ["spec"]


def test_a_written_rate_of_another_metric_does_not(spec_of: Callable[..., Spec]) -> None:
    written = {"title": "Mine", "promql": "sum(rate(bus_events_total_old[1m]))"}
    spec = spec_of({"name": "bus_events_total", "kind": "counter", "panels": [written]})

    assert [source for source, _, _ in shown(spec)] == ["spec", "auto_rate"]


def test_a_rate_that_is_only_part_of_a_panel_takes_nothing_away(spec_of: Callable[..., Spec]) -> None:
    written = {"title": "Share", "promql": "sum(rate(bus_events_total[5m])) / sum(rate(bus_requests_total[5m]))"}
    spec = spec_of({"name": "bus_events_total", "kind": "counter", "panels": [written]})

    assert [source for source, _, _ in shown(spec)] == ["spec", "auto_rate"]


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("http_requests_total", "reqps"),
        ("row_write_total", "rowsps"),
        ("disk:ops", "ops"),
        ("db_operations_total", "ops"),
        ("option_chain_snapshots_total", "cps"),  # no "op"
        ("threads_started_total", "cps"),  # no "read"
        ("thrown_away_total", "cps"),  # no "row"
        ("bytes_prevented_total", "cps"),  # no "event"
    ],
)
def test_the_unit_of_a_rate_comes_from_whole_words(spec_of: Callable[..., Spec], name: str, unit: str) -> None:
    (draft,) = drafts_for(PLAN, spec_of({"name": name, "kind": "counter", "unit": "short"}))

    assert draft.unit == unit


def test_dates_are_given_in_milliseconds_as_grafana_takes_them(spec_of: Callable[..., Spec]) -> None:
    spec = spec_of(
        {"name": "a_timestamp_seconds", "kind": "gauge", "unit": "dateTimeFromNow"},
        {"name": "b_time_seconds", "kind": "gauge", "unit": "dateTimeAsIso", "labels": ["x"]},
        {"name": "c_timestamp_ms", "kind": "gauge", "unit": "dateTimeAsIso"},
        {"name": "d_seconds", "kind": "gauge", "unit": "s"},
    )

    assert [expr for _, _, expr in shown(spec)] == [
        "topk(5, b_time_seconds) * 1000",
        "max by (x) (b_time_seconds) * 1000",
        "a_timestamp_seconds * 1000",
        "c_timestamp_ms",
        "d_seconds",
    ]


def test_a_histogram_gets_p95_and_p99_from_recording_rules(spec_of: Callable[..., Spec]) -> None:
    spec = spec_of({"name": "bus_latency_seconds", "kind": "histogram", "unit": "s"})

    assert [(source, expr) for source, _, expr in shown(spec)] == [
        ("auto_hist_quantile", "bus_latency_seconds:p95_5m"),
        ("auto_hist_quantile", "bus_latency_seconds:p99_5m"),
    ]


def test_a_labelled_gauge_gets_its_top_five_and_a_bare_one_a_placeholder(spec_of: Callable[..., Spec]) -> None:
    spec = spec_of(
        {"name": "bus_lag", "kind": "gauge", "labels": ["consumer"]}, {"name": "bus_connections", "kind": "gauge"}
    )

    assert [(source, expr) for source, _, expr in shown(spec)] == [
        ("auto_topk", "topk(5, bus_lag)"),
        ("auto_label_split", "sum by (consumer) (bus_lag)"),
        ("placeholder", "bus_connections"),
    ]


def test_written_panels_come_first_then_automatic_ones_then_placeholders(spec_of: Callable[..., Spec]) -> None:
    spec = spec_of(
        {"name": "a", "kind": "gauge"},
        {"name": "b_total", "kind": "counter"},
        {"name": "c", "kind": "gauge", "panels": [{"title": "C", "promql": "c"}]},
    )

    assert [source for source, _, _ in shown(spec)] == ["spec", "auto_rate", "placeholder"]


def test_a_panel_that_would_show_the_same_twice_is_made_once(spec_of: Callable[..., Spec]) -> None:
    same = {"title": "Same", "promql": "up"}
    spec = spec_of({"name": "a", "kind": "gauge", "panels": [same, same]})

    assert len(shown(spec)) == 1


def test_cross_metric_panels_only_where_they_belong_in_rank_order(spec_of: Callable[..., Spec]) -> None:
    metrics = [
        {"name": "store_bytes_total", "kind": "counter", "unit": "bytes"},
        {"name": "store_rows_total", "kind": "counter"},
        {"name": "store_writes_total", "kind": "counter"},
        {"name": "store_backlog_rows", "kind": "gauge"},
    ]
    spec = spec_of(*metrics)
    efficiency = [
        (title, expr)
        for source, title, expr in shown(spec, DashboardPlan("column_store", "Store", ("bus",)))
        if source == "cross_metric"
    ]

    assert efficiency == [
        ("Store: bytes per write", "sum(rate(store_bytes_total[5m])) / sum(rate(store_writes_total[5m]))"),
        ("Store: bytes per row", "sum(rate(store_bytes_total[5m])) / sum(rate(store_rows_total[5m]))"),
        ("Store: time to drain", "sum(store_backlog_rows) / sum(rate(store_rows_total[5m]))"),
    ]
    assert not [source for source, _, _ in shown(spec) if source == "cross_metric"]


def test_caps_hold(spec_of: Callable[..., Spec]) -> None:
    many = [{"name": f"s_m{i}_bytes_total", "kind": "counter", "labels": ["a", "b"]} for i in range(30)]
    many += [{"name": f"s_m{i}_writes_total", "kind": "counter"} for i in range(30)]
    drafts = drafts_for(DashboardPlan("column_store", "Store", ("bus",)), spec_of(*many))

    assert sum(1 for draft in drafts if draft.source.value != "cross_metric") == 24
    assert sum(1 for draft in drafts if draft.source.value == "cross_metric") == 12


def test_one_alerts_table_counts_every_alert(spec_of: Callable[..., Spec]) -> None:
    alert = {"name": "Slow", "expr": "up == 0"}
    spec = spec_of({"name": "a", "kind": "gauge", "alerts": [alert]}, {"name": "b", "kind": "gauge"})
    (table,) = [draft for draft in drafts_for(PLAN, spec) if draft.source.value == "alerts_aggregate"]

    assert table.origin.alerts_count == 1
    assert table.type.value == "table"


@pytest.mark.parametrize(("count", "length"), [(100, 1), (101, 1), (2_000, 1), (99, 150), (500, 150)])
def test_the_alerts_table_stays_within_what_a_query_may_be(
    spec_of: Callable[..., Spec], count: int, length: int
) -> None:
    alerts = [{"name": f"A{number}_{'x' * length}", "expr": "up == 0"} for number in range(count)]
    (table,) = [
        draft
        for draft in drafts_for(PLAN, spec_of({"name": "a", "kind": "gauge", "alerts": alerts}))
        if draft.source.value == "alerts_aggregate"
    ]

    assert check_promql(table.expr) == []
    assert table.origin.alerts_count == count
    assert ("all others" in table.expr) == (count > 100 or length > 1)


@pytest.mark.parametrize("count", [0, 1, 50, 3_000])
def test_the_summary_of_recording_rules_is_never_empty_and_stays_within_bounds(
    spec_of: Callable[..., Spec], count: int
) -> None:
    metrics = [{"name": f"h{number}_seconds", "kind": "histogram"} for number in range(count)]
    spec = spec_of(*metrics, {"name": "g", "kind": "gauge"}, family="governance")
    (summary,) = [
        draft
        for draft in drafts_for(DashboardPlan("governance", "G", ("governance",)), spec)
        if draft.source.value == "governance_summary"
    ]

    assert check_promql(summary.expr) == []
    assert "vector(" in summary.expr
    assert ("has no histogram" in summary.origin.description) == (count == 0)


def test_every_shipped_plan_has_panels_and_every_expression_parses(base_spec: Spec) -> None:
    for plan in SHIPPED_PLANS:
        drafts = drafts_for(plan, base_spec)
        assert len(drafts) >= 5, plan.slug
        for draft in drafts:
            assert check_promql(draft.expr) == [], (plan.slug, draft.title)


def test_governance_sums_up_the_move_to_recording_rules(base_spec: Spec) -> None:
    (plan,) = [plan for plan in SHIPPED_PLANS if plan.slug == "governance"]
    (summary,) = [draft for draft in drafts_for(plan, base_spec) if draft.source.value == "governance_summary"]

    assert summary.migrated_percent == 100.0
