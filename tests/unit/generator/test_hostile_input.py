"""Specs and plans made to harm: refused within moments and bounds, with a place and a reason."""

from __future__ import annotations

import contextlib
import gc
import time
from typing import Any

import pytest
import yaml

from backend_server.errors import InvalidInput
from backend_server.generator.job import run_job
from backend_server.generator.spec.discover import SeenMetric, discover_spec
from backend_server.generator.spec.plans import plans_for, read_plans
from backend_server.generator.spec.read import read_spec
from backend_server.generator.spec.yaml_tree import read_yaml

LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + level)}: &{chr(98 + level)} [{','.join(['*' + chr(97 + level)] * 9)}]\n" for level in range(9)
)


def metric(**fields: Any) -> bytes:
    return yaml.safe_dump(
        {"version": 1, "families": {"bus": {"metrics": [{"name": "a", "kind": "gauge", **fields}]}}}
    ).encode()


def panel(promql: Any, title: str = "T") -> Any:
    return metric(panels=[{"title": title, "promql": promql}])


CASES = {
    "billion laughs": (LAUGHS.encode(), "one value too many"),
    "ten megabytes": (b"a: " + b"x" * 10_000_000, "at most 4194304"),
    "deep mappings": (("{a: " * 60 + "1" + "}" * 60).encode(), "nested deeper than 40"),
    "deep lists": (b"[" * 900 + b"]" * 900, "nested deeper than 40"),
    "deeper than the parser goes": (b"- " * 500_000 + b"x", "is not YAML"),
    "keys that are numbers": (b"1: 2\n", "has the key '1', which is not text"),
    "keys that are truths": (b"yes: 2\n", "has the key 'yes', which is not text"),
    "keys that are lists": (b"[a, b]: 4\n", "has a list or mapping as a key"),
    "merged mappings": (b"a: &a {version: 1}\n<<: *a\nfamilies: {}\n", "merges another mapping with '<<'"),
    "a date no calendar has": (b"version: 2001-99-99\n", "month must be in 1..12; put it in quotes"),
    "a number without end": (b"version: " + b"9" * 10_000 + b"\n", "cannot be read as"),
    "a number to the base of sixty": (b"version: 1" + b":59" * 5_000 + b"\n", "15001 characters long, at most 100"),
    "a number of megabytes": (b"version: 1" + b":59" * 1_300_000 + b"\n", "characters long, at most 100"),
    "a number to the base of sixteen": (
        metric(help="h").replace(b"h\n", b"0x" + b"f" * 5_000 + b"\n"),
        "5002 characters",
    ),
    "a version of megabytes": (b"version: " + b"x" * 3_000_000 + b"\n", "this release reads version 1"),
    "a truth that is none": (b"version: !!bool foo\n", "cannot be read as 'tag:yaml.org,2002:bool': it is none"),
    "an integer without digits": (b"version: !!int ''\n", "cannot be read as 'tag:yaml.org,2002:int': it is none"),
    "a number without digits": (b"version: !!float ''\n", "cannot be read as 'tag:yaml.org,2002:float': it is none"),
    "a time that is none": (b"version: !!timestamp x\n", "cannot be read as 'tag:yaml.org,2002:timestamp': it is none"),
    "several documents": (b"version: 1\n---\nversion: 1\n", "another document"),
    "a NUL": (b"version: 1\x00\n", "control characters are not allowed"),
    "half a surrogate pair": (b'version: 1\nfamilies: {a: {metrics: ["\\ud800"]}}\n', "invalid Unicode"),
    "a NUL in a title": (panel("up", "a\0b"), "holds a control character"),
    "text that turns its reader's line around": (metric(help="\u202eevil"), "holds a control character"),
    "full-width letters": (metric(name="ａ"), "must be a metric name"),
    "a name with a line break": (metric(name="a\n"), "must be a metric name"),
    "a family that is a path": (b'version: 1\nfamilies: {"../x": {metrics: []}}\n', "a family's name is 1 to 64 of"),
    "brackets without end": (panel("(" * 9_000 + "1" + ")" * 9_000), "brackets are nested 9000 deep"),
    "operators without end": (panel("1" + "+1" * 9_000), "it has 9000 operators"),
    "signs without end": (panel("-" * 19_000 + "1"), "it has 19000 operators"),
    "a range the parser panics at": (panel("rate(m[1e30])"), "a duration or number is out of range"),
    "calls without end": (panel("abs(" * 3_000 + "up" + ")" * 3_000), "nested 3000 deep"),
}


@pytest.mark.parametrize(("source", "words"), CASES.values(), ids=CASES.keys())
def test_a_hostile_spec_is_refused_soon_with_its_reason(source: Any, words: Any) -> None:
    began = time.monotonic()
    with pytest.raises(InvalidInput) as caught:
        read_spec(source)
    assert any(words in problem.message for problem in caught.value.problems)
    assert time.monotonic() - began < 5
    assert len(caught.value.message) < 2_000


@pytest.mark.parametrize("source", [b"a: [1, two, 3.0]\n", b"a: [1, !!int x, 2001-99-99]\n", b"a: &a [*a]\n"])
def test_nothing_is_kept_of_a_file_that_was_read(source: bytes) -> None:
    def reading() -> None:
        with contextlib.suppress(InvalidInput):
            read_yaml(source, what="spec")

    def nodes() -> Any:
        gc.collect()
        return sum(isinstance(one, yaml.Node) for one in gc.get_objects())

    reading()
    before = nodes()
    for _ in range(5):
        reading()
    assert nodes() == before


def test_a_value_that_is_not_what_its_tag_says_is_pointed_at() -> None:
    with pytest.raises(InvalidInput) as caught:
        read_spec(b"version: 1\nfamilies:\n  bus: !!bool foo\n  hub: !!int ''\n")
    assert [(one.path, one.line, one.column) for one in caught.value.problems] == [
        ("families.bus", 3, 8),
        ("families.hub", 4, 8),
    ]


def test_signs_of_placeholders_without_end_are_none() -> None:
    signs = "<<" * 4_900
    without = run_job(panel(f"up{{a='{signs}'}}"))
    after_one = run_job(panel(f"up{{a='<< b >> {signs}'}}"))
    assert [one for one in without.warnings if "only a device fills" in one] == []
    told = [one for one in after_one.warnings if "only a device fills" in one]
    assert told
    assert all("holds '<< b >>'" in one for one in told)


def test_problems_beyond_two_hundred_are_counted_only() -> None:
    source = "version: 1\nfamilies: {bus: {metrics: [" + "{kind: gauge}," * 2_000 + "]}}\n"
    with pytest.raises(InvalidInput) as caught:
        read_spec(source.encode())
    assert len(caught.value.problems) == 201
    assert caught.value.problems[-1].message == "and 1800 more"


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ("{slug: ../../etc/passwd, families: [bus]}", "a-z, 0-9"),
        ("{slug: a/b, families: [bus]}", "a-z, 0-9"),
        ("{slug: 'a\\0', families: [bus]}", "a-z, 0-9"),
        ("{slug: manifest, families: [bus]}", "is the name of the manifest"),
        ("{slug: a, families: [bus]}, {slug: a, families: [bus], title: B}", "'a' is given twice"),
        ("{slug: a, families: [bus], title: T}, {slug: b, families: [bus], title: T}", "'T' is given twice"),
        ("{slug: a, families: [bus], refresh: 1s}", "5s or more"),
        ("{slug: a, families: [bus], time: yesterday}", "now-1h"),
        ("{slug: a, families: [bus, bus]}", "given twice"),
        ("{slug: a, families: [bus], tags: [" + "x" * 60 + "]}", "at most 50"),
    ],
)
def test_a_hostile_plan_is_refused_with_its_reason(plan: str, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_plans(f"plans: [{plan}]\n".encode())
    assert any(words in problem.message for problem in caught.value.problems)


def test_more_plans_than_there_may_be_are_refused() -> None:
    many = "".join(f"- {{slug: p{number}, families: [bus]}}\n" for number in range(501))
    with pytest.raises(InvalidInput, match="at most 500"):
        read_plans(f"plans:\n{many}".encode())


def test_families_that_read_alike_get_titles_of_their_own() -> None:
    spec = read_spec(b"version: 1\nfamilies: {x-y: {metrics: []}, x_y: {metrics: []}}\n")
    titles = [plan.title for plan in plans_for(spec)]

    assert len(titles) == len(set(titles)) == 2


def test_what_a_hostile_prometheus_says_of_its_metrics_makes_a_good_spec() -> None:
    seen = [
        SeenMetric("up_total", "counter", help="a\u202eb\x00c\n" * 500, label_values={"a": 3}),
        SeenMetric("weird", "gauge", help="- {x: [", unit="'"),
        SeenMetric("_", "gauge"),
        SeenMetric(":", "gauge"),
    ]
    spec = read_spec(discover_spec(seen).encode())

    assert [metric.name for metric in spec.metrics if metric.name == "up_total"] == ["up_total"]


def test_names_that_no_spec_can_hold_are_left_out_and_named() -> None:
    seen = [
        SeenMetric("http.server.duration", "gauge"),
        SeenMetric("x\n- {evil: 1}", "gauge"),
        SeenMetric("é", "counter", observed=False),
        SeenMetric("inf", "gauge"),
        SeenMetric("a" * 600, "gauge"),
        SeenMetric(f"good_{'b' * 100}_c", "gauge"),
        SeenMetric("up_total", "counter", label_values={"a.b": 3, "inf": 3, "__x__": 3, "fine": 3}),
        *[SeenMetric(f"many_{'w' * 80}_{number}", "gauge") for number in range(40)],
        *[SeenMetric(f"many_b:c_{number}", "gauge") for number in range(40)],
    ]
    text = discover_spec(seen)
    spec = read_spec(text.encode())
    names = {metric.name for metric in spec.metrics}

    assert len(names) == 82
    assert {"up_total", f"good_{'b' * 100}_c"} <= names
    assert next(metric for metric in spec.metrics if metric.name == "up_total").labels == ("fine",)
    assert '#   "http.server.duration"\n' in text
    assert "#   inf\n" in text
    assert "\n- {evil" not in text


@pytest.mark.parametrize(
    ("name", "kind", "unit"),
    [
        ("process_start_time_seconds", "gauge", "dateTimeFromNow"),
        ("config_last_reload_success_timestamp_seconds", "gauge", "dateTimeFromNow"),
        ("node_boot_time_seconds", "gauge", "dateTimeFromNow"),
        ("node_time_seconds", "gauge", "dateTimeFromNow"),
        ("http_response_time_seconds", "gauge", "s"),
        ("disk_io_time_seconds_total", "counter", "s"),
    ],
)
def test_a_moment_is_told_from_a_duration(name: str, kind: str, unit: str) -> None:
    for said in ("", "seconds"):
        (metric,) = read_spec(discover_spec([SeenMetric(name, kind, unit=said)]).encode()).metrics
        assert metric.unit == unit
