"""What an expression reads: metric names, the labels it matches on and groups by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import promql_parser as pp

from .parse import parse_promql


@dataclass(frozen=True, slots=True)
class Selection:
    """Metrics read, labels matched on, labels grouped by; each sorted and without repeats."""

    metrics: tuple[str, ...]
    matched_labels: tuple[str, ...]
    grouped_labels: tuple[str, ...]


def selects_of(expr: str) -> Selection:
    """Read what an expression selects; raises ValueError (the parser's words) when it is not PromQL."""
    metrics: set[str] = set()
    matched: set[str] = set()
    grouped: set[str] = set()
    for node in walk_promql(parse_promql(expr)):
        if isinstance(node, pp.VectorSelector):
            if node.name:
                metrics.add(node.name)
            for matcher in node.matchers.matchers + [m for some in node.matchers.or_matchers for m in some]:
                if matcher.name == "__name__":
                    # A regular expression stands for many series, and what is not equal for all others.
                    if matcher.op == pp.MatchOp.Equal:
                        metrics.add(matcher.value)
                else:
                    matched.add(matcher.name)
        elif isinstance(node, pp.AggregateExpr) and node.modifier is not None:
            grouped.update(node.modifier.labels)
    return Selection(tuple(sorted(metrics)), tuple(sorted(matched)), tuple(sorted(grouped)))


def walk_promql(node: pp.Expr) -> Iterator[pp.Expr]:
    """Return the node and everything below it, outermost and leftmost first."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        yield here
        waiting += reversed(_below(here))


def _below(node: pp.Expr) -> list[pp.Expr]:
    if isinstance(node, pp.BinaryExpr):
        return [node.lhs, node.rhs]
    if isinstance(node, pp.Call):
        return list(node.args)
    if isinstance(node, pp.MatrixSelector):
        return [node.vector_selector]
    if isinstance(node, pp.AggregateExpr):
        return [node.expr] if node.param is None else [node.expr, node.param]
    if isinstance(node, pp.ParenExpr | pp.UnaryExpr | pp.SubqueryExpr):
        return [node.expr]
    return []
