"""A spec's faults are told all at once, each with path, line and a suggestion."""

from __future__ import annotations

from typing import Any

import pytest

from backend_server.errors import InvalidInput
from backend_server.generator.spec.read import read_spec
from backend_server.generator.spec.spec import Spec

FAULTY = b"""version: 1
families:
  bus:
    metrics:
      - name: bus_events_total
        kind: conter
        unit: seconds
        lables: [bus]
        panels:
          - {title: A, promql: "rate(bus_events_total[5m]"}
      - {name: bus_events_total, kind: counter}
      - {name: bus_latency_bucket, kind: histogram, labels: [le, "a b"]}
      - {name: 9lives, kind: gauge}
      - {kind: gauge, alerts: [{name: X, expr: up, for: 5 minutes, severity: bad}]}
"""


def problems_of(source: Any) -> Any:
    with pytest.raises(InvalidInput) as caught:
        read_spec(source, name="base.yml")
    return caught.value.problems


def test_all_faults_of_a_spec_are_told_at_once_with_line_and_suggestion() -> None:
    told = {problem.path: (problem.line, problem.message) for problem in problems_of(FAULTY)}
    at = "families.bus.metrics"

    assert told[f"{at}[0].kind"] == (
        6,
        "is 'conter'; did you mean 'counter'?; it must be one of counter, gauge, histogram",
    )
    assert told[f"{at}[0].unit"] == (7, "is 'seconds', which Grafana has not; did you mean 's'?")
    assert told[f"{at}[0].lables"] == (8, "is not known here; did you mean 'labels'?")
    assert "unclosed left parenthesis (at character 5 of line 1" in told[f"{at}[0].panels[0].promql"][1]
    assert told[f"{at}[1].name"] == (11, f"'bus_events_total' is already described at {at}[0]")
    assert "did you mean 'bus_latency'?" in told[f"{at}[2].name"][1]
    assert told[f"{at}[2].labels[0]"][1] == "'le' is Prometheus' own; leave it out"
    assert "a label name" in told[f"{at}[2].labels[1]"][1]
    assert "no digit first" in told[f"{at}[3].name"][1]
    assert told[f"{at}[4]"][1] == "needs 'name'"
    assert "duration" in told[f"{at}[4].alerts[0].for"][1]
    assert "info, warning, critical" in told[f"{at}[4].alerts[0].severity"][1]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (b"version: 2\nfamilies: {}\n", "this release reads version 1"),
        (b"- a\n", "must be a mapping"),
        (b"", "must be a mapping"),
        (b"version: 1\nfamilies: [a]\n", "must be a mapping from family"),
        (b"version: 1\nversion: 1\nfamilies: {}\n", "given twice"),
        (b"a: &a [*a]\n", "refers to itself"),
        (b"version: [1\n", "is not YAML"),
        (b"\xff\xfe\x00", "is not YAML"),
        (b"a: !!python/object/apply:os.system ['x']\n", "not known here"),
    ],
)
def test_what_is_no_spec_is_refused_with_the_reason(source: bytes, words: str) -> None:
    assert any(words in problem.message for problem in problems_of(source))


def test_the_shipped_spec_is_good(base_spec: Spec) -> None:
    assert len(base_spec.metrics) > 40
    assert len(base_spec.hash) == 16
