"""Inlining writes values for the place they land in, writes repeats out and leaves nothing for a page to fill in."""

from __future__ import annotations

import copy
import re
from typing import Any

import promql_parser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_server.documents import all_panels, inline, preflight, share_problems
from backend_server.errors import InvalidInput

PROMETHEUS = {"type": "prometheus", "uid": "prometheus"}

parse_promql: Any = promql_parser.parse  # its stubs know only the base of all expressions


def _dashboard(expr: str = "up", *, variable: Any = None, panel: Any = None, **more: Any) -> dict[str, Any]:
    target = {"refId": "A", "datasource": PROMETHEUS, "expr": expr}
    made = {
        "id": 1,
        "type": "timeseries",
        "title": "T",
        "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8},
        "datasource": PROMETHEUS,
        "targets": [target],
    }
    variables = [{"name": "host", "type": "query", "multi": False, **(variable or {})}]
    return {
        "uid": "u",
        "title": "D",
        "schemaVersion": 41,
        "templating": {"list": variables},
        "panels": [{**made, **(panel or {})}],
        **more,
    }


def _expr(dashboard: Any, values: Any = None) -> Any:
    return inline(dashboard, values)["panels"][0]["targets"][0]["expr"]


def _matcher(query: Any) -> Any:
    return parse_promql(query).matchers.matchers[0].value


@pytest.mark.parametrize(
    "spelling", ["$host", "${host}", "[[host]]", "${host:raw}", "[[host:raw]]", "${host.text}", "${host:text}"]
)
def test_every_spelling_is_filled(spelling: str) -> None:
    assert _expr(_dashboard(f'up{{a="{spelling}"}}'), {"host": "rig-1"}) == 'up{a="rig-1"}'


@pytest.mark.parametrize(
    ("written", "one", "two"),
    [
        ("csv", "a.b", "a.b,c"),
        ("raw", "a.b", "a.b,c"),
        ("pipe", "a.b", "a.b|c"),
        ("regex", "a\\.b", "(a\\.b|c)"),
        ("glob", "a.b", "{a.b,c}"),
        ("json", '"a.b"', '["a.b","c"]'),
        ("text", "a.b", "a.b + c"),
        ("distributed", "a.b", "a.b,host=c"),
        ("queryparam", "var-host=a.b", "var-host=a.b&var-host=c"),
        ("customqueryparam:p", "p=a.b", "p=a.b&p=c"),
        ("singlequote", "'a.b'", "'a.b','c'"),
        ("doublequote", '"a.b"', '"a.b","c"'),
        ("sqlstring", "'a.b'", "'a.b','c'"),
        ("percentencode", "a.b", "%7Ba.b%2Cc%7D"),
        ("lucene", "a.b", '("a.b" OR "c")'),
        ("join:;", "a.b", "a.b;c"),
        ("html", "a.b", "a.b, c"),
    ],
)
def test_every_format_is_grafanas(written: str, one: str, two: str) -> None:
    def noted(values: Any) -> Any:
        return inline(_dashboard(panel={"links": [{"icon": f"${{host:{written}}}"}]}), {"host": values})["panels"][0][
            "links"
        ][0]["icon"]

    assert noted("a.b").replace("\u2060", "") == one
    assert noted(["a.b", "c"]).replace("\u2060", "") == two


def test_several_values_become_a_regular_expression() -> None:
    dashboard = _dashboard('up{a=~"$host"}', variable={"multi": True})
    assert _matcher(_expr(dashboard, {"host": ["a.b", 'c"d']})) == '(a\\.b|c"d)'
    assert _matcher(_expr(dashboard, {"host": "a.b"})) == "a\\.b"


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8), min_size=1, max_size=3, unique=True
    )
)
def test_whatever_the_values_the_query_selects_exactly_them(values: Any) -> None:
    query = _expr(_dashboard('up{a=~"$host"}', variable={"multi": True}), {"host": values})
    pattern = _matcher(query)
    assert all(re.fullmatch(pattern, value) for value in values)
    assert not re.fullmatch(pattern, "".join(values) + "\u2603")
    assert len(parse_promql(query).matchers.matchers) == 1


def test_all_is_the_all_value_the_options_or_anything() -> None:
    dashboard = _dashboard('up{a=~"$host"}', variable={"includeAll": True})
    assert _matcher(_expr(dashboard, {"host": "$__all"})) == ".+"
    with_value = _dashboard('up{a=~"$host"}', variable={"includeAll": True, "allValue": "rig.*"})
    assert _matcher(_expr(with_value, {"host": "All"})) == "rig.*"
    options = [{"text": "All", "value": "$__all"}, {"text": "x", "value": "x"}, {"text": "y", "value": "y"}]
    with_options = _dashboard(
        'up{a=~"$host"}', variable={"includeAll": True, "options": options, "current": {"value": ["$__all"]}}
    )
    assert _matcher(_expr(with_options)) == "(x|y)"


@pytest.mark.parametrize(
    ("variable", "expr", "filled"),
    [
        ({"type": "constant", "query": "5m"}, "rate(up[$host])", "rate(up[5m])"),
        ({"type": "textbox", "query": "7"}, "up > $host", "up > 7"),
        ({"type": "custom", "query": "Five : 5m,Ten : 10m"}, "rate(up[$host])", "rate(up[5m])"),
        (
            {"type": "interval", "query": "1m,5m", "current": {"value": "$__auto_interval_host"}},
            "rate(up[$host])",
            "rate(up[$__rate_interval])",
        ),
        ({"type": "query", "current": {"text": "x", "value": "x"}}, 'up{a="$host"}', 'up{a="x"}'),
    ],
)
def test_what_the_document_holds_is_taken(variable: dict[str, Any], expr: str, filled: str) -> None:
    assert _expr(_dashboard(expr, variable=variable)) == filled


def test_built_in_variables_groups_and_prices_stay() -> None:
    expr = 'label_replace(rate(up{a="$host"}[$__rate_interval]), "x", "$1", "y", "(.*)")'
    dashboard = _dashboard(expr, panel={"title": "$5 for $unknown, ${__series.name} in $__interval"})
    derived = inline(dashboard, {"host": "h"})["panels"][0]
    assert derived["targets"][0]["expr"] == expr.replace("$host", "h")
    assert derived["title"] == "$5 for $unknown, ${__series.name} in $__interval"


def test_titles_and_texts_are_filled_too() -> None:
    panel = {"title": "$host now", "description": "of [[host]]", "options": {"content": "# ${host}"}, "type": "text"}
    derived = inline(_dashboard(panel=panel), {"host": "<b>"})["panels"][0]
    assert (derived["title"], derived["description"], derived["options"]["content"]) == (
        "<b> now",
        "of &#60;b&#62;",
        "# &#60;b&#62;",
    )


def test_a_value_with_a_variables_sign_is_not_read_again() -> None:
    dashboard = _dashboard('up{a="$host"}', panel={"title": "$host"})
    derived = inline(dashboard, {"host": "${host} $host [[host]]"})
    assert _matcher(derived["panels"][0]["targets"][0]["expr"]) == "${host} $host [[host]]"
    assert share_problems(derived) == []


@pytest.mark.parametrize("value", ["5m] or vector(1)", "a{}", "x y", ""])
def test_outside_quotes_a_callers_value_may_not_change_the_query(value: str) -> None:
    with pytest.raises(InvalidInput, match="would change the query"):
        inline(_dashboard("rate(up[$host])"), {"host": value})


def test_every_missing_value_is_named() -> None:
    dashboard = _dashboard('up{a="$host",b="${zone}"}')
    with pytest.raises(InvalidInput) as caught:
        inline(dashboard)
    assert {problem.path for problem in caught.value.problems} == {"values.host", "values.zone"}


def test_sql_values_stay_inside_their_quotes() -> None:
    source = {"type": "postgres", "uid": "pg"}
    target = {"refId": "A", "datasource": source, "rawSql": "SELECT 1 WHERE a = '$host' AND b IN ($many)"}
    dashboard = _dashboard(panel={"datasource": source, "targets": [target]})
    dashboard["templating"]["list"].append({"name": "many", "type": "query", "multi": True})
    derived = inline(dashboard, {"host": "x' OR 1=1 --", "many": ["a'b", "c"]})
    wanted = "SELECT 1 WHERE a = 'x'' OR 1=1 --' AND b IN ('a''b','c')"
    assert derived["panels"][0]["targets"][0]["rawSql"] == wanted


@pytest.mark.parametrize(
    "reference", [{"type": "prometheus", "uid": "${ds}"}, {"uid": "$ds"}, "$ds", "${ds}", "[[ds]]"]
)
def test_a_datasource_variable_becomes_an_object(reference: dict[str, Any] | str) -> None:
    dashboard = _dashboard(panel={"datasource": reference})
    dashboard["templating"]["list"] = [
        {"name": "ds", "type": "datasource", "query": "prometheus", "current": {"value": "default"}}
    ]
    assert inline(dashboard)["panels"][0]["datasource"] == PROMETHEUS
    assert inline(dashboard, {"ds": "other"})["panels"][0]["datasource"]["uid"] == "other"


def test_import_inputs_are_bound() -> None:
    inputs = [{"name": "DS_P", "type": "datasource", "pluginId": "prometheus"}]
    dashboard = _dashboard(
        panel={"datasource": {"type": "prometheus", "uid": "${DS_P}"}}, __inputs=inputs, __requires=[]
    )
    derived = inline(dashboard, {"host": "h"})
    assert derived["panels"][0]["datasource"] == PROMETHEUS
    assert "__inputs" not in derived


def _places(dashboard: Any) -> list[Any]:
    return [
        (panel["id"], panel["title"], *(panel["gridPos"][key] for key in "xywh")) for panel in all_panels(dashboard)
    ]


def _repeating(panels: Any, values: Any) -> Any:
    dashboard = _dashboard(panels=panels)
    dashboard["templating"]["list"][0]["multi"] = True
    return inline(dashboard, {"host": values})


def _panel(number: Any, x: Any, y: Any, w: Any, h: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "type": "stat",
        "title": f"P{number} $host",
        "gridPos": {"x": x, "y": y, "w": w, "h": h},
        **more,
    }


def test_a_panel_is_repeated_across_and_pushes_down_what_follows() -> None:
    panels = [_panel(1, 0, 0, 24, 4, repeat="host", maxPerRow=2), _panel(2, 0, 4, 24, 8)]
    assert _places(_repeating(panels, ["a", "b", "c"])) == [
        (1, "P1 a", 0, 0, 12, 4),
        (3, "P1 b", 12, 0, 12, 4),
        (4, "P1 c", 0, 4, 12, 4),
        (2, "P2 a + b + c", 0, 8, 24, 8),
    ]


def test_a_panel_is_repeated_downwards() -> None:
    panels = [_panel(1, 6, 0, 6, 4, repeat="host", repeatDirection="v"), _panel(2, 0, 4, 24, 8)]
    places = _places(_repeating(panels, ["a", "b"]))
    assert places == [(1, "P1 a", 6, 0, 6, 4), (3, "P1 b", 6, 4, 6, 4), (2, "P2 a + b", 0, 8, 24, 8)]


@pytest.mark.parametrize("collapsed", [False, True])
def test_a_row_is_repeated_with_its_panels(collapsed: bool) -> None:
    row = _panel(
        1,
        0,
        0,
        24,
        1,
        repeat="host",
        type="row",
        collapsed=collapsed,
        panels=[_panel(2, 0, 1, 12, 8)] if collapsed else [],
    )
    panels = [
        row,
        *([] if collapsed else [_panel(2, 0, 1, 12, 8)]),
        _panel(3, 0, 9, 24, 1, type="row"),
        _panel(4, 0, 10, 12, 8),
    ]
    derived = _repeating(panels, ["a", "b"])
    assert [place[1] for place in _places(derived)] == ["P1 a", "P2 a", "P1 b", "P2 b", "P3 a + b", "P4 a + b"]
    assert preflight(derived) == []
    tops = [panel["gridPos"]["y"] for panel in derived["panels"]]
    assert tops == sorted(tops)
    assert len(set(tops)) == len(tops)


def test_a_derived_dashboard_is_ready_to_share_and_the_original_untouched() -> None:
    dashboard = _dashboard(
        'up{a="$host"}',
        panel={"repeat": "host"},
        annotations={"list": [{"name": "x", "type": "tags"}, {"name": "y", "builtIn": 1}]},
    )
    before = copy.deepcopy(dashboard)
    derived = inline(dashboard, {"host": ["a", "b"]})
    assert share_problems(derived) == []
    assert preflight(derived) == []
    assert dashboard == before
    assert [entry["name"] for entry in derived["annotations"]["list"]] == ["y"]
    assert inline(derived) == derived


def test_ad_hoc_filters_cannot_be_written_out() -> None:
    dashboard = _dashboard()
    dashboard["templating"]["list"].append(
        {"name": "filters", "type": "adhoc", "filters": [{"key": "a", "value": "b"}]}
    )
    with pytest.raises(InvalidInput, match="cannot be written out"):
        inline(dashboard)


@pytest.mark.parametrize("place", ["x", "y", "w", "h"])
@pytest.mark.parametrize("value", ["0", None, True, [1], {"a": 1}])
def test_a_place_that_is_no_number_is_left_for_the_preflight_to_name(place: str, value: object) -> None:
    given = {"x": 0, "y": 0, "w": 12, "h": 8, place: value}
    two = {"multi": True, "current": {"value": ["a", "b"], "text": ["a", "b"]}}
    derived = inline(_dashboard(variable=two, panel={"gridPos": given, "repeat": "host"}))
    named = {problem.path for problem in preflight(derived)}
    if place in ("x", "w"):
        assert len(derived["panels"]) == 2  # these are written anew
    else:
        assert {f"panels[0].gridPos.{place}", f"panels[1].gridPos.{place}"} <= named


def test_a_panel_s_type_may_be_anything_to_the_share_check() -> None:
    assert share_problems(_dashboard(panel={"type": ["dashlist"]}))


def test_repeats_that_would_fill_the_memory_are_refused() -> None:
    values = [str(number) for number in range(5_001)]
    many = {"multi": True, "current": {"value": values, "text": values}}
    with pytest.raises(InvalidInput, match="more than 5000 panels; choose fewer values"):
        inline(_dashboard(variable=many, panel={"repeat": "host"}))
