"""Where a placeholder may stand, and with which filter."""

from __future__ import annotations

from typing import Any

import pytest

from backend_server.errors import InvalidInput
from backend_server.templates.placeholders import Placeholder, UnclosedPlaceholder, split_text
from tests.support.templates import device, panel, template

POSTGRES = {"type": "grafana-postgresql-datasource", "uid": "pg"}


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("plain", ["plain"]),
        ("<<a>>", ["", Placeholder("a"), ""]),
        ("x << a >> y<< b >>", ["x ", Placeholder("a"), " y", Placeholder("b"), ""]),
        ('<< ">>" >>', ["", Placeholder('">>"'), ""]),
        (r"<< 'a\'>>' >>!", ["", Placeholder(r"'a\'>>'"), "!"]),
        ("a >> b", ["a >> b"]),
        ("<< a\n >>", ["", Placeholder("a"), ""]),
    ],
)
def test_text_is_split(text: str, pieces: list[str] | list[Any]) -> None:
    assert split_text(text) == pieces


def test_an_open_placeholder_is_found() -> None:
    with pytest.raises(UnclosedPlaceholder):
        split_text("a << b")


@pytest.mark.parametrize(
    ("expr", "message"),
    [
        ('x{a="<< device.id >>"}', "without an escaping filter as its last one"),
        ('x{a="<< device.id | lower >>"}', "without an escaping filter"),
        ('x{a="<< device.id | label_value | upper >>"}', "without an escaping filter"),
        ('x{a="<< device.id ~ device.kind | label_value >>"}', "without an escaping filter"),
        ("x{a=`<< device.id | label_value >>`}", "backquotes, which have no escapes"),
        ("x > << device.id | label_value >>", "stands outside quotes"),
        ("<< device.id | slug >>_x", "stands outside quotes"),
        ('x{a=~"<< device.id | label_value >>"}', "use label_regex"),
        ('x{a!~ "<< device.id | label_value >>.*"}', "use label_regex"),
        ('x{a="<< device.id | label_regex >>"}', "use label_value"),
        ('x{a!="<< device.id | label_regex >>"}', "use label_value"),
        ('x{a="\\<< device.id | label_value >>"}', "follows a backslash"),
        ("x # << device.id | metric_name >>", "stands in a comment"),
        ('x{a="$<< device.id | label_value >>"}', "would name a Grafana variable"),
        ('x{a="${<< device.id | label_value >>}"}', "inside a Grafana variable"),
        ('x{a="<< device.id | label_value"}', "is not closed with >>"),
    ],
)
def test_a_query_refuses_what_could_change_it(expr: str, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        template(panel(expr))
    [problem] = caught.value.problems
    assert problem.path == "panels[0].targets[0].expr"
    assert problem.message.startswith("panel 'Uplink', field expr: ")
    assert message in problem.message


@pytest.mark.parametrize(
    ("expr", "filled"),
    [
        ('x{a="<< device.hostname | label_value >>"}', 'x{a="a.b"}'),
        ("x{a='<< device.hostname | label_value >>'}", "x{a='a.b'}"),
        ('x{a=~"^<< device.hostname | label_regex >>:.+$"}', 'x{a=~"^a\\\\.b:.+$"}'),
        (
            'label_replace(x, "d", "<< device.hostname | label_value >>", "s", "(.*)")',
            'label_replace(x, "d", "a.b", "s", "(.*)")',
        ),
        ('{"<< device.hostname | label_value >>"}', '{"a.b"}'),
        ("<< device.hostname | metric_name >>_watts", "a_b_watts"),
        ("device_<< device.hostname | metric_name >>", "device_a_b"),
        ('x{<< device.hostname | metric_name >>="1"}', 'x{a_b="1"}'),
        ('x{a="<< device.hostname | slug >>"}', 'x{a="a-b"}'),
        ('x{a="#"} + y{b="<< device.hostname | lower | label_value >>"}', 'x{a="#"} + y{b="a.b"}'),
    ],
)
def test_a_query_takes_what_keeps_its_structure(expr: str, filled: str) -> None:
    document = template(panel(expr)).fill(device("a.b"))
    assert filled.replace('"', '\\"').replace("\\\\.", "\\\\\\\\.").encode() in document.body


def test_a_metric_name_that_is_a_word_of_promql_is_refused_for_that_device() -> None:
    made = template(panel("up * << device.hostname | metric_name >>"))
    assert b"up * a_b" in made.fill(device("a.b")).body
    with pytest.raises(InvalidInput, match="is a word of PromQL"):
        made.fill(device("on"))


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT << device.id >>", "without an escaping filter"),
        ("SELECT << device.id | label_value >>", "inside plain '…' quotes"),
        ('SELECT "<< device.id | label_value >>"', "inside plain '…' quotes"),
        ("SELECT E'<< device.id | label_value >>'", "inside plain '…' quotes"),
        ("SELECT $$<< device.id | label_value >>$$", "inside plain '…' quotes"),
        ("SELECT 1 -- '<< device.id | label_value >>'", "inside plain '…' quotes"),
        ("SELECT 1 /* '<< device.id | label_value >>' */", "inside plain '…' quotes"),
        ("SELECT '<< device.id | label_regex >>'", "use label_value"),
    ],
)
def test_sql_refuses_what_could_change_it(sql: str, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        template(panel(datasource=POSTGRES, targets=[{"refId": "A", "rawSql": sql}]))
    assert message in caught.value.problems[0].message


def test_sql_takes_a_literal() -> None:
    sql = (
        "SELECT 'it''s', x FROM << device.kind | metric_name >> "
        "WHERE h = '<< device.hostname | label_value >>' AND \"a''\" = ''"
    )
    document = template(panel(datasource=POSTGRES, targets=[{"refId": "A", "rawSql": sql}])).fill(device("o'x $y"))
    assert b"WHERE h = 'o''x '||chr(36)||'y' AND" in document.body


def test_another_query_language_takes_only_what_has_no_signs() -> None:
    other = {"type": "elasticsearch", "uid": "e"}
    with pytest.raises(InvalidInput, match="use slug or metric_name"):
        template(panel(datasource=other, targets=[{"refId": "A", "query": 'a:"<< device.id | label_value >>"'}]))
    made = template(panel(datasource=other, targets=[{"refId": "A", "query": "a:<< device.hostname | slug >>"}]))
    assert b'"query":"a:a-b-c"' in made.fill(device("A b/C")).body


@pytest.mark.parametrize(
    "field",
    [
        {"type": "<< device.kind >>"},
        {"gridPos": {"x": 0, "y": 0, "w": "<< device.labels.w | round >>", "h": 8}},
        {"targets": [{"refId": "<< device.id >>"}]},
        {"repeat": "<< device.kind >>"},
    ],
)
def test_what_must_be_known_at_load_takes_no_placeholder(field: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="must be known when the template loads"):
        template(panel(**field))


def test_a_variables_query_is_a_query_and_its_value_is_a_value() -> None:
    variables = [
        {
            "name": "v",
            "type": "query",
            "datasource": {"type": "prometheus", "uid": "p"},
            "query": "label_values(x, << device.id >>)",
        }
    ]
    with pytest.raises(InvalidInput, match="without an escaping filter"):
        template(panel(), templating={"list": variables})
    made = template(panel(), templating={"list": [{"name": "v", "type": "constant", "query": "<< device.hostname >>"}]})
    assert b'"query":"a$b"' in made.fill(device("a$b")).body


def test_markup_in_a_text_panel_shows_as_text() -> None:
    made = template(panel(type="text", options={"mode": "html", "content": "<b><< device.hostname >></b>"}))
    assert b"<b>&#60;i&#62;</b>" in made.fill(device("<i>")).body
    made = template(panel(type="text", options={"mode": "markdown", "content": "# << device.hostname >>"}))
    assert b"# &#91;x&#93;&#40;y&#41; edge_1" in made.fill(device("[x](y) edge_1")).body


def test_the_refresh_is_told_once_to_be_fixed() -> None:
    with pytest.raises(InvalidInput) as caught:
        template(panel(), refresh="<< device.labels.refresh >>")
    assert [problem.path for problem in caught.value.problems] == ["refresh"]


def test_what_speaks_like_prometheus_is_escaped_alike() -> None:
    source = {"type": "some-prometheus-like-datasource", "uid": "x"}
    made = template(
        panel(
            'x{a="<< device.hostname | label_value >>"}',
            datasource=source,
            targets=[{"refId": "A", "expr": 'x{a="<< device.hostname | label_value >>"}', "datasource": source}],
        )
    )
    assert b'a=\\"a\\\\\\"b\\"' in made.fill(device('a"b')).body
