"""PromQL with Grafana's macros, variables and our placeholders: checked, located, read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_server.promql import (
    check_promql,
    experimental_parts,
    grafana_parts,
    is_readable_label,
    is_readable_name,
    parse,
    rated_metric,
    result_labels,
    selects_of,
    unusable,
)
from backend_server.promql.macro_substitutes import with_substitutes


@pytest.mark.parametrize(
    "expr",
    [
        'sum by (le, $by) (rate(foo{a="$x"}[$__rate_interval]))',
        "topk($n, foo)",
        "x > $limit",
        '<< device.id | metric_name >>_power{a="<< device.x | label_value >>"}',
        "foo offset $__interval",
        "x[[var]]_y + 1",
        "max_over_time(up[$__range:$__interval])",
        "increase(x[${w}])",
        "a * $__interval_ms / 1000",
        'label_replace(up{job=~"${job:regex}"}, "a", "$1", "b", "(.*)")',
        "sum(x) # a comment with $var and (",
        "rate(x[${__range_s}s])",
        "rate(x[${w}ms] offset ${d}h)",
        "x offset -$__interval",
    ],
)
def test_macros_variables_and_placeholders_are_understood(expr: str) -> None:
    assert check_promql(expr) == []


@pytest.mark.parametrize(
    ("expr", "line", "column", "words"),
    [
        ("rate(foo", 1, 5, "unclosed left parenthesis"),
        ("sum(\n  rate(foo[5m])", 1, 4, "unclosed"),
        ("1 +\n  unknownfn(up)", 2, 3, "unknownfn"),
        ("rate(foo)", 1, 1, "expected type matrix"),
        ('foo{a="b}', 1, 7, "unterminated"),
        ("foo)", 1, 4, ""),
        ("  ", 1, 1, "empty"),
    ],
)
def test_a_fault_is_pointed_at(expr: str, line: int, column: int, words: str) -> None:
    (problem,) = check_promql(expr, path="panels[0].promql")

    assert (problem.line, problem.column) == (line, column)
    assert words in problem.message
    assert problem.path == "panels[0].promql"


def test_an_overlong_expression_is_refused_before_it_is_parsed() -> None:
    assert "at most" in check_promql("a" * 30_000)[0].message


def test_what_an_expression_reads() -> None:
    found = selects_of(
        'sum by (le, bus) (rate(lat_bucket{env="p"}[5m])) / on(x) sum({__name__="total", or="1"}) > topk(3, up)'
    )

    assert found.metrics == ("lat_bucket", "total", "up")
    assert found.matched_labels == ("env", "or")
    assert found.grouped_labels == ("bus", "le")


@given(st.text(alphabet="ab_$[]{}()<>\"'`#: |05ms", max_size=60))
def test_substitutes_keep_the_length_and_checking_never_breaks(expr: Any) -> None:
    assert len(with_substitutes(expr)) == len(expr)
    assert isinstance(check_promql(expr), list)


@pytest.mark.parametrize(
    ("expr", "labels"),
    [
        ("up", None),
        ("rate(x[5m])", None),
        ("sum(x)", ()),
        ("sum by (a, b) (rate(x[5m]))", ("a", "b")),
        ("sum without (a) (x)", None),
        ("sort_desc(sum by (job) (x))", ("job",)),
        ("topk(5, sum by (a) (x))", ("a",)),
        ("topk(5, x)", None),
        ("histogram_quantile(0.9, sum by (le, a) (rate(x_bucket[5m])))", ("a",)),
        ("100 * sum by (a) (x) / sum by (a) (y)", ("a",)),
        ("time() - max by (a) (x)", ("a",)),
        ("(sum(x))", ()),
        ("1", ()),
        ('label_replace(sum by (a) (x), "b", "$1", "a", "(.*)")', None),
        ("sum(x) / sum(y)", ()),
    ],
)
def test_an_expression_says_which_labels_its_result_has(
    expr: str, labels: tuple[Any, ...] | tuple[str, ...] | None
) -> None:
    assert result_labels(expr) == labels


def test_only_an_equal_name_is_a_metric_that_is_read() -> None:
    found = selects_of('{__name__="a"} + {__name__=~"b"} + {__name__!="c", x="1"} + {__name__!~"d", y="1"}')

    assert found.metrics == ("a",)
    assert found.matched_labels == ("x", "y")


@pytest.mark.parametrize(
    ("expr", "name"),
    [
        ("rate(x[5m])", "x"),
        ('sum by (a) (irate(x{b="c"}[1m]))', "x"),
        ("topk(5, (increase(x[1h])))", "x"),
        ('sum(rate({__name__="x"}[5m]))', "x"),
        ("sum(rate(x_old[5m]))", "x_old"),
        ("100 * sum(rate(x[5m])) / sum(rate(y[5m]))", ""),
        ("histogram_quantile(0.9, rate(x_bucket[5m]))", ""),
        ("max_over_time(rate(x[5m])[1h:])", ""),
        ("delta(x[5m])", ""),
        ("x", ""),
    ],
)
def test_a_rate_is_told_from_what_only_holds_one(expr: str, name: str) -> None:
    assert rated_metric(expr) == name


@pytest.mark.parametrize("expr", ["up", "1", "-up", "time()", 'label_replace(up, "a", "b", "c", "d")'])
def test_numbers_can_be_drawn(expr: str) -> None:
    assert unusable(expr) is None


@pytest.mark.parametrize("expr", ["rate(a[300y])", "a offset 99999999y", "max_over_time(a[5m:99999999y])", "1e400"])
def test_what_prometheus_cannot_keep_is_refused(expr: str) -> None:
    assert "which Prometheus refuses" in check_promql(expr)[0].message


def test_what_grafana_fills_is_found_in_order() -> None:
    expr = 'rate(<< a >>[$__interval]) + x{b=~"${c}", d="e$|f"} + label_replace(y, "z", "$1", "z", "${q}") # $no'

    assert grafana_parts(expr) == ("<< a >>", "$__interval", "${c}")


def test_experimental_functions_are_named() -> None:
    assert experimental_parts('sort_by_label(limitk(2, mad_over_time(x[5m])), "a")') == (
        "sort_by_label",
        "limitk",
        "mad_over_time",
    )
    assert experimental_parts("topk(5, rate(x[5m]))") == ()


def test_words_of_promql_are_no_names() -> None:
    assert [name for name in ("inf", "NaN", "on", "up", "sum", "a:b") if is_readable_name(name)] == ["up", "sum", "a:b"]
    assert [name for name in ("inf", "without", "on", "job") if is_readable_label(name)] == ["on", "job"]


BEYOND = ["m[1e30]", "m offset 1e30", "m offset -1e30", "m[5m:1e30]", "m[99999999999999999999]", "topk($n, m[1e30])"]


@pytest.mark.parametrize("expr", BEYOND)
def test_numbers_at_which_the_parser_panics_are_a_problem(expr: Any) -> None:
    assert [one.message for one in check_promql(expr)] == ["is not PromQL: a duration or number is out of range"]
    for ask in (selects_of, result_labels, rated_metric, unusable, experimental_parts):
        with pytest.raises(ValueError, match="out of range"):
            ask(expr)
    assert check_promql("up") == []


@pytest.mark.parametrize("wanted", [KeyboardInterrupt, SystemExit])
def test_an_end_that_is_wanted_passes_the_parser(monkeypatch: pytest.MonkeyPatch, wanted: Any) -> None:
    def stop(_text: Any) -> None:
        raise wanted

    monkeypatch.setattr("promql_parser.parse", stop)
    with pytest.raises(wanted):
        parse.parse_plain("up")


# Each took seconds to minutes when it was looked through anew from every sign in it.
LONG = {
    "double quotes": ('m{a="' + '\\"' * 9_900, "unterminated", 5),
    "single quotes": ("m{a='" + "\\'" * 9_900, "unterminated", 5),
    "a backtick": ("m{a=`" + "a" * 19_900, "unterminated", 5),
    "a last backslash": ('m{a="' + '\\"' * 9_900 + "\\", "not terminated", 5),
    "brackets in a text": ('m{a="' + "(" * 19_900, "unterminated", 5),
    "placeholders": ("m" + "<<" * 9_900, "operators", 19_802),
    "braces": ("${" * 9_900, "nested", 19_800),
    "variables": ("$a " * 6_600, "invalid", 19_800),
    "arguments": ("f(" + "$a," * 6_600 + "1)", "unknown function", 1),
}


@pytest.mark.parametrize(("expr", "words", "column"), LONG.values(), ids=LONG.keys())
def test_the_longest_texts_without_an_end_are_answered(expr: Any, words: Any, column: Any) -> None:
    (fault,) = check_promql(expr)
    assert words in fault.message
    assert fault.column == column
    assert len(with_substitutes(expr)) == len(expr)


def test_signs_of_placeholders_are_fine_within_texts() -> None:
    expr = 'm{a="' + "<<" * 4_000 + "\",b='>>" + '<< "<<" ' * 1_000 + "'} + x"
    assert check_promql(expr) == []
    assert selects_of(expr).metrics == ("m", "x")
    assert grafana_parts('a{b="<< x >> << $__all ${c}"}') == ("<< x >>", "$__all", "${c}")
    assert with_substitutes('<< "<<" >>_a + ${b} + ${c${d}')[:17] == "xxxxxxxxxx_a + xx"
