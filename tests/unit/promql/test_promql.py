"""PromQL with Grafana's macros, variables and our placeholders: checked, located, read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_server.promql import check_promql, result_labels, selects_of
from backend_server.promql.stand_ins import with_stand_ins


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
    ],
)
def test_macros_variables_and_placeholders_are_understood(expr):
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
def test_a_fault_is_pointed_at(expr, line, column, words):
    (problem,) = check_promql(expr, path="panels[0].promql")

    assert (problem.line, problem.column) == (line, column)
    assert words in problem.message
    assert problem.path == "panels[0].promql"


def test_an_overlong_expression_is_refused_before_it_is_parsed():
    assert "at most" in check_promql("a" * 30_000)[0].message


def test_what_an_expression_reads():
    found = selects_of(
        'sum by (le, bus) (rate(lat_bucket{env="p"}[5m])) / on(x) sum({__name__="total", or="1"}) > topk(3, up)'
    )

    assert found.metrics == ("lat_bucket", "total", "up")
    assert found.matched_labels == ("env", "or")
    assert found.grouped_labels == ("bus", "le")


@given(st.text(alphabet="ab_$[]{}()<>\"'`#: |05ms", max_size=60))
def test_stand_ins_keep_the_length_and_checking_never_breaks(expr):
    assert len(with_stand_ins(expr)) == len(expr)
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
def test_an_expression_says_which_labels_its_result_has(expr, labels):
    assert result_labels(expr) == labels
