"""Times, steps, macros and the plan of a panel's queries."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from datetime import time as clock

import pytest

from backend_server.errors import InvalidInput
from backend_server.queries.macros import expand, rate_interval_ms
from backend_server.queries.panel_plan import plan_panel
from backend_server.queries.steps import (
    NICE_STEPS_MS,
    Limits,
    align,
    nice_step_ms,
    read_interval_ms,
    settle_clock,
    step_ms,
    width_class,
)
from backend_server.queries.time_ranges import TimeRange, read_range, read_time
from tests.support.visitors import NOW_MS, target

NOW = int(datetime(2026, 3, 11, 14, 35, 27, 250_000, UTC).timestamp() * 1000)  # a Wednesday


def ms(*parts: int) -> int:
    year, month, day, *time = parts
    return int(datetime.combine(date(year, month, day), clock(*time), tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "end", "wanted"),
    [
        ("now", False, NOW),
        ("now-15m", False, NOW - 900_000),
        ("now+1h", True, NOW + 3_600_000),
        ("now-1d-2h", False, NOW - 26 * 3_600_000),
        ("now/d", False, ms(2026, 3, 11)),
        ("now/d", True, ms(2026, 3, 12) - 1),
        ("now-1d/d", False, ms(2026, 3, 10)),
        ("now/w", False, ms(2026, 3, 9)),
        ("now/M", True, ms(2026, 4, 1) - 1),
        ("now-1M", False, ms(2026, 2, 11, 14, 35, 27) + 250),
        ("now/y", False, ms(2026, 1, 1)),
        ("now/h", False, ms(2026, 3, 11, 14)),
        ("now-999999y", False, None),
        ("1795471954437", False, 1_795_471_954_437),
        (1_795_471_954_437, False, 1_795_471_954_437),
        ("2026-01-31T12:00:00Z", False, ms(2026, 1, 31, 12)),
        ("2026-01-31T12:00:00", False, None),
        ("foo", False, None),
        ("now-", False, None),
        ("now-5x", False, None),
        ("now-5m; drop", False, None),
        (-5, False, None),
        (True, False, None),
        (None, False, None),
        ([], False, None),
    ],
)
def test_moments_are_read_as_grafana_reads_them(text: object, end: bool, wanted: int | None) -> None:
    if wanted is None:
        with pytest.raises(InvalidInput):
            read_time(text, NOW, end=end)
    else:
        assert read_time(text, NOW, end=end) == wanted


def test_a_range_must_have_a_length() -> None:
    assert read_range("now-1h", "now", NOW).length_ms == 3_600_000
    for start, end in (("now", "now-1h"), ("now", "now")):
        with pytest.raises(InvalidInput, match="before"):
            read_range(start, end, NOW)


@pytest.mark.parametrize(
    ("length", "points", "floor", "step"),
    [
        ("15m", 100, 0, 10),
        ("15m", 620, 0, 2),
        ("1h", 960, 0, 5),
        ("1h", 620, 15, 15),
        ("24h", 960, 0, 120),
        ("7d", 960, 0, 900),
        ("1m", 1920, 0, 1),
        ("1h", 960, 7, 7),
        ("1h", 1, 0, 3600),
    ],
)
def test_the_step_follows_range_and_points(length: str, points: int, floor: int, step: int) -> None:
    length_ms = {"1m": 60, "15m": 900, "1h": 3600, "24h": 86_400, "7d": 604_800}[length] * 1000
    assert step_ms(length_ms, points, floor * 1000, Limits()) == step * 1000


def test_no_range_gives_more_points_than_allowed() -> None:
    chance = random.Random(7)
    for _ in range(2000):
        limits = Limits(max_points=chance.choice([10, 100, 11_000]))
        start = chance.randrange(10**12)
        asked = TimeRange(start, start + chance.randrange(1, 10 ** chance.randrange(3, 13)))
        step = step_ms(asked.length_ms, chance.randrange(1, 5000), chance.choice([0, 1000, 15_000]), limits)
        span = align(asked, step)
        assert span.from_ms % step == span.to_ms % step == 0
        assert span.from_ms < span.to_ms or span.from_ms <= 0
        assert span.length_ms // step + 1 <= limits.max_points + 1


def test_nice_steps_only_grow() -> None:
    assert list(NICE_STEPS_MS) == sorted(set(NICE_STEPS_MS))
    assert nice_step_ms(1) == 1000
    assert nice_step_ms(1001) == 2000
    assert nice_step_ms(400 * 86_400_000) == 2 * 365 * 86_400_000
    assert [width_class(width) for width in (1, 720, 721, 1500, 9999)] == [720, 720, 1440, 2880, 2880]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("10s", 10_000), (">10s", 10_000), (">=1m", 60_000), ("", None), ("$__interval", None), (None, None), (5, None)],
)
def test_intervals_of_panels_and_targets(text: object, wanted: int | None) -> None:
    assert read_interval_ms(text) == wanted


def test_clocks_that_differ_mean_the_same_now() -> None:
    for skew in (-60_000, -1, 0, 1, 59_000):
        moved = settle_clock(TimeRange(NOW - 900_000 + skew, NOW + skew), NOW)
        assert moved == TimeRange(NOW - 900_000, NOW)
    past = TimeRange(NOW - 10_000_000, NOW - 5_000_000)
    assert settle_clock(past, NOW) == past
    future = TimeRange(NOW, NOW + 3_600_000)
    assert settle_clock(future, NOW) == future


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("rate(x[$__rate_interval])", "rate(x[1m])"),
        ("rate(x[$__interval])", "rate(x[5s])"),
        ("x * $__interval_ms", "x * 5000"),
        ("rate(x[${__rate_interval}])", "rate(x[1m])"),
        ("rate(x[${__interval:raw}])", "rate(x[5s])"),
        ("rate(x[[[__interval]]])", "rate(x[5s])"),
        ("increase(x[$__range])", "increase(x[3600s])"),
        ("x / $__range_s + $__range_ms", "x / 3600 + 3600000"),
        ("x + $__rate_interval_ms", "x + 60000"),
        ("x{a='$__intervals'}", "x{a='$__intervals'}"),
        ("x{a='$other'}", "x{a='$other'}"),
        ("up", "up"),
    ],
)
def test_macros(query: str, wanted: str) -> None:
    assert expand(query, step=5000, length_ms=3_600_000, scrape_interval_ms=15_000) == wanted


def test_the_rate_interval_always_holds_four_scrapes() -> None:
    assert rate_interval_ms(5000, 5000) == 20_000
    assert rate_interval_ms(5000, 15_000) == 60_000
    assert rate_interval_ms(300_000, 15_000) == 315_000


HOUR = TimeRange(NOW_MS - 3_600_000, NOW_MS)


def test_a_panels_plan() -> None:
    panel = {
        "datasource": {"type": "prometheus", "uid": "prometheus"},
        "interval": "10s",
        "targets": [
            target("rate(a[$__rate_interval])", legendFormat="{{x}}"),
            target("b", "B", instant=True, range=False),
            target("c", "C", hide=True),
            target("d", "D", interval="1m", intervalFactor=2),
            target("e", "E", instant=True, range=True),
            target("f", "F", instant=True, range=True, format="table"),
            target("   ", "G"),
            {"refId": "H", "expr": "h"},
            {"refId": "I", "rawSql": "select 1"},
            "nonsense",
        ],
    }
    plan = plan_panel(panel, HOUR, now_ms=NOW_MS, points=960, limits=Limits())
    assert plan.step_ms == 10_000
    assert plan.span == TimeRange(HOUR.from_ms // 10_000 * 10_000, HOUR.to_ms // 10_000 * 10_000)
    by_ref = {query.ref_id: query for query in plan.queries}
    assert list(by_ref) == ["A", "B", "D", "E", "F", "H"]
    assert by_ref["A"].expression == "rate(a[1m])"
    assert by_ref["A"].legend == "{{x}}"
    assert (by_ref["B"].instant, by_ref["E"].instant, by_ref["F"].instant) == (True, False, True)
    assert by_ref["D"].step_ms == 120_000
    assert by_ref["H"].datasource_uid == "prometheus"
    assert NOW_MS - by_ref["B"].span.to_ms < 5000


def test_viewers_with_other_clocks_and_like_widths_plan_the_same() -> None:
    panel = {"targets": [target("up"), target("down", "B", instant=True, range=False)]}
    plans = {
        plan_panel(
            panel,
            TimeRange(HOUR.from_ms + skew, HOUR.to_ms + skew),
            now_ms=NOW_MS,
            points=width_class(width),
            limits=Limits(),
        )
        for skew in (-30_000, -7, 0, 41, 20_000)
        for width in (500, 620, 800, 960)
    }
    assert len(plans) == 1


def test_an_instant_over_a_long_range_is_not_old() -> None:
    panel = {"targets": [target("up", instant=True, range=False)]}
    month = TimeRange(NOW_MS - 30 * 86_400_000, NOW_MS)
    (query,) = plan_panel(panel, month, now_ms=NOW_MS, points=240, limits=Limits()).queries
    assert NOW_MS - query.span.to_ms < 5000


def test_a_panel_may_bound_its_points() -> None:
    panel = {"maxDataPoints": 60, "targets": [target("up")]}
    assert plan_panel(panel, HOUR, now_ms=NOW_MS, points=960, limits=Limits()).step_ms == 60_000
