"""Which dashboards are made where no plan is given: every family is somewhere, whole, under a slug of its own."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from backend_server.errors import InvalidInput
from backend_server.generator.job import run_job
from backend_server.generator.spec.check import SLUG
from backend_server.generator.spec.discover import SeenMetric, discover_spec
from backend_server.generator.spec.plans import SHIPPED_PLANS, cut_off, plans_for
from backend_server.generator.spec.read import read_spec
from backend_server.generator.spec.spec import Spec


def source_of(**families: Any) -> bytes:
    tree = {"version": 1, "families": {name: {"metrics": metrics} for name, metrics in families.items()}}
    return yaml.safe_dump(tree).encode()


def counters(prefix: Any, count: Any, labels: Any = ("a", "b")) -> list[Any]:
    return [{"name": f"{prefix}_{n}_total", "kind": "counter", "labels": list(labels)} for n in range(count)]


def test_the_shipped_spec_has_room_on_the_shipped_dashboards(base_spec: Spec) -> None:
    assert cut_off(SHIPPED_PLANS, base_spec) == {}
    assert plans_for(base_spec) == SHIPPED_PLANS


def test_a_family_the_shipped_dashboards_have_no_room_for_gets_its_own() -> None:
    spec = read_spec(source_of(bus=counters("bus", 8), stream=counters("stream", 2)))
    plans = plans_for(spec)

    assert "stream" in {plan.slug for plan in plans}
    assert cut_off(plans, spec) == {}


def test_metrics_that_no_dashboard_has_room_for_are_told() -> None:
    job = run_job(source_of(big=counters("big", 12)))
    (warning,) = job.warnings

    assert warning.startswith("family 'big': 4 metric(s) are on no dashboard, which holds 24 panels: big_8_total, ")


def test_own_slugs_never_collide() -> None:
    shipped = [plan.slug for plan in SHIPPED_PLANS]
    names = ["bus_health", "bus_health_family", "bus_health_family_2", "manifest", "system_overview", "a" * 64]
    spec = read_spec(source_of(bus=[], system=[], **{name: [] for name in names}))
    slugs = [plan.slug for plan in plans_for(spec)]

    assert len(set(slugs)) == len(slugs)
    assert all(SLUG.fullmatch(slug) for slug in slugs)
    assert {"bus_health_family", "bus_health_family_2", "a" * 64} <= set(slugs)
    assert "manifest" not in slugs
    assert set(slugs) & set(shipped)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.from_regex(r"(go|a-b|bus|node)_(2|family|x:y|[a-z]{1,3})_[a-z]{1,6}(_total|_seconds)?", fullmatch=True),
        unique=True,
        max_size=80,
    ),
    st.integers(2, 4),
)
def test_every_discovered_metric_is_on_a_dashboard(names: Any, labels: Any) -> None:
    seen = [
        SeenMetric(name.replace("a-b", "ab"), "gauge", label_values={f"l{n}": 3 for n in range(labels)})
        for name in names
    ]
    source = discover_spec(seen).encode()
    spec = read_spec(source)

    assert {metric.name for metric in spec.metrics} == {one.name for one in seen}
    assert [line for line in run_job(source).warnings if "on no dashboard" in line] == []


def test_placeholders_are_understood_warned_of_and_never_served() -> None:
    panel = {"title": "Power of << device.id >>", "promql": 'power{device="<< device.id | label_value >>"}'}
    job = run_job(source_of(rig=[{"name": "power", "kind": "gauge", "panels": [panel]}]))

    assert len(job.made) == 1
    assert len(job.warnings) == 2
    assert "only a device fills" in job.warnings[0]
    with pytest.raises(InvalidInput, match="only a device fills"):
        job.documents()


def test_thousands_of_families_that_are_not_there_are_counted() -> None:
    plans = [{"slug": f"p{n}", "families": [f"f{n}_{k}" for k in range(100)]} for n in range(50)]
    job = run_job(source_of(bus=[]), yaml.safe_dump({"plans": plans}).encode())

    assert len(job.warnings) == 101
    assert job.warnings[-1] == "and 4900 more families that are not in the spec"
