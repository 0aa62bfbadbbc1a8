"""What a spec may not hold because it would be lost, drawn wrongly, or refused by Prometheus later."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from backend_server.errors import InvalidInput
from backend_server.generator.output.rules import rule_file
from backend_server.generator.panels.alert_text import template_fault
from backend_server.generator.spec.plans import read_plans
from backend_server.generator.spec.read import read_spec


def spec_source(*metrics: Any) -> bytes:
    return yaml.safe_dump({"version": 1, "families": {"bus": {"metrics": list(metrics)}}}).encode()


def told(source: Any, read: Any = read_spec) -> list[Any]:
    with pytest.raises(InvalidInput) as caught:
        read(source)
    return [
        (problem.path.rpartition(".metrics")[2], problem.line, problem.message) for problem in caught.value.problems
    ]


@pytest.mark.parametrize(
    ("metric", "path", "message"),
    [
        ("{name: , kind: counter}", "[0].name", "needs 'name'; it is empty"),
        ("{name: a, kind: }", "[0].kind", "needs 'kind'; it is empty"),
        (
            "{name: a, kind: gauge, panels: [{title: , promql: up}]}",
            "[0].panels[0].title",
            "needs 'title'; it is empty",
        ),
        (
            "{name: a, kind: gauge, panels: [{title: T, promql: }]}",
            "[0].panels[0].promql",
            "needs 'promql'; it is empty",
        ),
        ("{name: a, kind: gauge, alerts: [{name: , expr: up}]}", "[0].alerts[0].name", "needs 'name'; it is empty"),
        ("{name: a, kind: gauge, alerts: [{name: A, expr: }]}", "[0].alerts[0].expr", "needs 'expr'; it is empty"),
    ],
)
def test_a_needed_key_without_a_value_is_missing(metric: str, path: str, message: str) -> None:
    source = f"version: 1\nfamilies:\n  bus:\n    metrics:\n    - {metric}\n"

    assert told(source.encode()) == [(path, 5, message)]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("version:\nfamilies: {}\n", "needs 'version'; it is empty"),
        ("version: 1\nfamilies:\n", "needs 'families'; it is empty"),
        ("version: 1\nfamilies: {bus: {metrics: }}\n", "needs 'metrics'; it is empty"),
        ("version: true\nfamilies: {}\n", "is True; this release reads version 1"),
    ],
)
def test_an_empty_head_is_told_once(source: str, message: str) -> None:
    assert [words for _, _, words in told(source.encode())] == [message]


@pytest.mark.parametrize("key", ["slug", "families"])
def test_a_plan_without_slug_or_families_is_refused(key: str) -> None:
    plan = {"slug": "a", "families": ["bus"]} | {key: None}

    assert f"needs {key!r}; it is empty" in [
        words for _, _, words in told(yaml.safe_dump({"plans": [plan]}).encode(), read_plans)
    ]


def alert(**fields: Any) -> dict[str, Any]:
    return {"name": "a", "kind": "gauge", "alerts": [{"name": "Slow", "expr": "up == 0", **fields}]}


REFUSED_BY_PROMETHEUS = [
    ({"expr": "rate(a[$__rate_interval]) > 1"}, "holds '$__rate_interval'"),
    ({"expr": "<< device.id >>_up == 0"}, "holds '<< device.id >>'"),
    ({"expr": "up > $limit"}, "holds '$limit'"),
    ({"expr": "limitk(3, a) > 1"}, "uses limitk, which Prometheus takes only with a feature flag"),
    ({"expr": "rate(a[99999999y]) > 1"}, "beyond 292 years"),
    ({"expr": "a > 1e400"}, "beyond 1e308"),
    ({"summary": "{{ nope }}"}, "'nope' is not a function"),
    ({"summary": "{{ $labels.a-b }}"}, "cannot be read"),
    ({"summary": "{{ $label.instance }} is slow"}, "did you mean '$labels'?"),
    ({"summary": "{{ if $value }}never ended"}, "{{ if }} has no {{ end }}"),
    ({"summary": "{{ 1 | 2 }}"}, "stands after '|' and is not a function"),
    ({"summary": '{{ "a\\qb" }}'}, "cannot be read"),
    ({"summary": "{{"}, "cannot be read"),
    ({"for": "99999999y"}, "at most a year"),
    ({"for": "٥m"}, "a Prometheus duration"),
]


@pytest.mark.parametrize(("fields", "words"), REFUSED_BY_PROMETHEUS)
def test_an_alert_that_prometheus_refuses_is_refused_in_the_spec(fields: Any, words: Any, tmp_path: Path) -> None:
    assert any(words in message for _, _, message in told(spec_source(alert(**fields))))

    rule = {"alert": "Slow", "expr": fields.get("expr", "up"), "for": fields.get("for", "5m")}
    rule["annotations"] = {"summary": fields.get("summary", "")}
    assert promtool(tmp_path, yaml.safe_dump({"groups": [{"name": "a", "rules": [rule]}]})).returncode != 0


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"expr": 'up{job="$job"} == 0'}, "holds '$job'"),
        ({"expr": 'up{job=~"<< device.id >>"} == 0'}, "holds '<< device.id >>'"),
        ({"expr": 'up{job=~"${job:regex}"} == 0'}, "holds '${job:regex}'"),
        ({"expr": "up[5m]"}, "gives a range of samples"),
        ({"expr": '"up"'}, "is a text"),
    ],
)
def test_an_alert_that_could_never_fire_is_refused(fields: dict[str, Any], words: str) -> None:
    assert any(words in message for _, _, message in told(spec_source(alert(**fields))))


GOOD_SUMMARIES = [
    "plain, even with }} in it",
    "{{ $labels.instance }} at {{ $value | humanizePercentage }} in {{ $externalLabels.site }} {{ $externalURL }}",
    '{{ printf "%.1f %%" $value }}{{/* a remark */}}',
    "{{- if gt $value 2.0 -}} much {{ else if eq $value 1.0 }}some{{ else }}little{{ end }}",
    '{{ with query "up" }}{{ . | first | value | humanize }}{{ end }}',
    '{{ range query "up" }}{{ .Labels.job }}={{ .Value }} {{ end }}',
    '{{ $labels.instance | reReplaceAll "(.*):.*" "$1" | toUpper }} {{ (humanize1024 $value) }}',
    '{{ index $labels "a b" }} {{ `raw` }} {{ "}}" }} {{ "\\u00e9" }}',
]


def test_what_is_accepted_is_accepted_by_promtool_too(tmp_path: Path) -> None:
    summaries = [
        {"name": f"S{number}", "expr": "up == 0", "for": "1y", "summary": text}
        for number, text in enumerate(GOOD_SUMMARIES)
    ]
    exprs = [
        {"name": f"E{number}", "expr": expr}
        for number, expr in enumerate(
            [
                'label_replace(up, "a", "$1", "b", "(.*)") == 0',
                'up{job=~"a$|b"} == 0  # with a $remark',
                "max_over_time(rate(a[5m])[1h:]) > inf",
                "rate(a[290y] offset -3d) > 0",
                "vector(1)",
                "1",
            ]
        )
    ]
    spec = read_spec(spec_source({"name": "a", "kind": "histogram", "alerts": [*summaries, *exprs]}))
    done = promtool(tmp_path, rule_file(spec))

    assert done.returncode == 0, done.stdout + done.stderr
    assert all(template_fault(text) is None for text in GOOD_SUMMARIES)


def promtool(folder: Any, rules: Any) -> Any:
    path = folder / "rules.yml"
    path.write_text(rules, encoding="utf-8")
    return subprocess.run(["promtool", "check", "rules", path], capture_output=True, text=True, check=False)


def test_a_key_and_an_alert_name_stand_once_and_the_second_is_pointed_at() -> None:
    source = b"""version: 1
families:
  a:
    metrics:
      - name: x
        kind: gauge
        panels: [{title: One, promql: x, key: k}]
        alerts: [{name: Slow, expr: up}]
  b:
    metrics:
      - name: y
        kind: gauge
        panels:
          - {title: Two, promql: y, key: k}
        alerts:
          - {name: Slow, expr: up}
"""
    found = {message: line for _, line, message in told(source)}

    assert found == {
        "'k' is already the key of families.a.metrics[0].panels[0]; give each panel its own": 14,
        "'Slow' is already the name of families.a.metrics[0].alerts[0]": 16,
    }


@pytest.mark.parametrize(
    ("promql", "words"),
    [
        ("a[5m]", "did you mean 'rate(a[5m])'?"),
        ("(a[5m:1m])", "gives a range of samples"),
        ('"text"', "is a text, which nothing can draw"),
    ],
)
def test_what_no_panel_can_draw_is_refused(promql: str, words: str) -> None:
    panel = {"title": "T", "promql": promql}

    assert any(
        words in message for _, _, message in told(spec_source({"name": "a", "kind": "gauge", "panels": [panel]}))
    )


@pytest.mark.parametrize("name", ["inf", "NaN", "on", "bool", "ignoring", "group_left", "atan2"])
def test_names_that_promql_reads_as_something_else_are_refused(name: str) -> None:
    assert "rename the metric" in told(spec_source({"name": name, "kind": "gauge"}))[0][2]


@pytest.mark.parametrize("label", ["inf", "nan", "without"])
def test_labels_that_no_query_can_split_by_are_refused(label: str) -> None:
    assert "no query can split by it" in told(spec_source({"name": "a", "kind": "gauge", "labels": [label]}))[0][2]


def test_lists_without_end_are_refused_at_once() -> None:
    labels = spec_source({"name": "a", "kind": "gauge", "labels": [f"l{number}" for number in range(60_000)]})
    tags = yaml.safe_dump({"plans": [{"slug": "a", "families": ["b"], "tags": [f"t{n}" for n in range(60_000)]}]})

    assert told(labels)[0][2] == "are 60000; at most 100"
    assert told(tags.encode(), read_plans)[0][2] == "are 60000; at most 100"


def test_an_empty_entry_of_a_list_is_told() -> None:
    assert told(spec_source({"name": "a", "kind": "gauge", "labels": ["b", None]}))[0][2].startswith("is empty")


def test_a_spec_in_another_encoding_is_refused_with_the_remedy() -> None:
    assert told("version: 1\nfamilies: {}\n".encode("utf-16"))[0][2].endswith("save it as UTF-8")
