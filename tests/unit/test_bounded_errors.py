"""Whatever is sent, what is wrong with it is told in an answer of bounded size, and found in bounded time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from backend_server.errors import InvalidInput, Problem, shown
from backend_server.generator.spec.plans import read_plans
from backend_server.generator.spec.read import read_spec
from backend_server.templates import load_template
from backend_server.web.errors import problems_of

MOST_BYTES = 1_000_000
LONG = "x" * 200_000


def refused(read: Callable[[bytes], object], source: bytes) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        read(source)
    answered = orjson.dumps({"message": caught.value.message, "details": caught.value.details})
    assert len(answered) < MOST_BYTES
    return caught.value


def template(source: bytes) -> object:
    return load_template("t.json", source)


def dashboard(**more: Any) -> bytes:
    return orjson.dumps({"schemaVersion": 41, "panels": [], **more})


def test_two_hundred_problems_are_named_and_the_others_counted() -> None:
    fault = InvalidInput([Problem(f"a[{number}]", "is wrong") for number in range(1234)])
    assert len(fault.problems) == 201
    assert fault.problems[199] == Problem("a[199]", "is wrong")
    assert fault.problems[-1].message == "and 1034 more"
    assert fault.message.startswith("The request has 1234 problem(s): a[0]: is wrong; ")
    assert fault.message.endswith("and 1214 more")


def test_a_long_message_keeps_its_remedy() -> None:
    (problem,) = InvalidInput([Problem(LONG, f"is {LONG}; write less")]).problems
    assert len(problem.path) < 250
    assert len(problem.message) < 450
    assert problem.message.endswith("; write less")


@pytest.mark.parametrize("value", [LONG, [LONG] * 1000, {LONG: [LONG]}, 10**90, LONG.encode(), [[[[LONG]]]]])
def test_a_value_is_repeated_cut(value: object) -> None:
    assert len(shown(value)) <= 170


@pytest.mark.parametrize(
    "source",
    [
        dashboard(panels=[{}] * 60_000),
        dashboard(panels=[{"id": number, "title": LONG[:20_000], "targets": 5} for number in range(600)]),
        dashboard(panels=[{"id": 1, "title": LONG, "type": "stat", "targets": [LONG[:2000]] * 3_000}]),
        dashboard(panels=[{"id": LONG, "type": LONG, "gridPos": {"x": LONG}, "datasource": LONG}] * 10),
        dashboard(__template__={f"{LONG[:40]}{number}": number for number in range(50_000)}),
        dashboard(tags=[LONG[:60]] * 50_000),
        dashboard(**{LONG: {str(number): "<<" for number in range(3_000)}}),
        dashboard(templating={"list": [{"name": LONG}] * 20}),
        dashboard(refresh=LONG),
        b'{"panels":[],' + b",".join([b'"a":1'] * 100_000) + b"}",
        b'{"panels":[' + b",".join([b"1" * 30] * 30_000) + b"]}",
    ],
    ids=[
        *("bad panels", "long titles", "targets", "long everything", "unknown keys", "tags", "below a long key"),
        *("variables", "refresh", "repeated keys", "long numbers"),
    ],
)
def test_what_is_wrong_with_a_template_is_told_in_bounded_size(source: bytes) -> None:
    assert all(problem.line for problem in refused(template, source).problems[:200])


@pytest.mark.parametrize("read", [read_spec, read_plans])
@pytest.mark.parametrize(
    "source",
    [
        b"a: 1\n" * 300_000,
        b"- &a {x: 1}\n" * 99_000,
        "".join(f"- &a{number} {{x: 1}}\n" for number in range(99_000)).encode(),
        b"[" + b"a," * 2_000_000 + b"]",
        "".join(f"k{number}: 1\n" for number in range(40_000)).encode(),
        b"version: 1\nfamilies:\n  a:\n    metrics:\n" + b"    - {name: m, kind: gauge}\n" * 12_000,
        f"? {LONG}\n: {LONG}\n".encode(),
        f"version: {LONG}\nfamilies: {{{LONG}: {LONG}}}\nplans: [{LONG}]\n".encode(),
        b"version: 1\nplans:\n" + b"  - {slug: a}\n" * 20_000,
    ],
    ids=["one key", "anchors", "named anchors", "values", "keys", "metrics", "a long key", "long values", "plans"],
)
def test_what_is_wrong_with_a_spec_or_a_plan_is_told_in_bounded_size(
    read: Callable[[bytes], object], source: bytes
) -> None:
    refused(read, source)


def test_a_spec_of_too_many_metrics_is_refused_before_they_are_read() -> None:
    metrics = "".join(f"    - {{name: m{number}, kind: gauge}}\n" for number in range(10_001))
    fault = refused(read_spec, f"version: 1\nfamilies:\n  a:\n    metrics:\n{metrics}".encode())
    assert "makes 10001 metrics; at most 10000" in fault.message


def test_a_template_of_too_many_different_placeholders_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend_server.templates.compiler.MOST_EXPRESSIONS", 100)
    panels = [
        {"id": number + 1, "type": "text", "title": f"<< device.id.replace('a', 'b{number}') >>"}
        for number in range(100)
    ]
    for panel in panels:
        panel["gridPos"] = {"x": 0, "y": 0, "w": 4, "h": 4}
    fault = refused(template, dashboard(panels=panels))
    assert "one too many: a template may hold 100 different placeholders" in fault.message
    assert load_template("t.json", dashboard(panels=panels[:-1])).name == "t.json"


def test_quotes_that_are_never_closed_take_no_longer_than_others() -> None:
    # With the square of its length this text would take hours.
    fault = refused(template, dashboard(description="<< " + '\\"' * 400_000 + " >>"))
    assert "is not closed" in fault.message


def test_what_breaks_in_a_public_dashboard_is_told_in_bounded_size() -> None:
    panels = [
        {"id": number + 1, "type": "dashlist", "title": LONG[:1000], "gridPos": {"x": 0, "y": 0, "w": 4, "h": 4}}
        for number in range(5_000)
    ]
    unshareable = load_template("t.json", dashboard(panels=panels)).unshareable
    assert len(unshareable) == 201
    assert unshareable[-1].feature == "and 4800 more"
    assert len(orjson.dumps([problem.as_json() for problem in unshareable])) < MOST_BYTES


class Body(BaseModel):
    """A body that takes one field."""

    model_config = ConfigDict(extra="forbid")
    name: str


def test_what_is_wrong_with_a_body_is_told_in_bounded_size() -> None:
    with pytest.raises(ValidationError) as caught:
        Body.model_validate({f"{LONG[:500]}{number}": LONG for number in range(20_000)})
    fault = InvalidInput(problems_of(caught.value))
    assert len(orjson.dumps([fault.message, dict(fault.details)])) < MOST_BYTES
    assert fault.problems[-1].message == "and 19801 more"
