"""An expression's result type, and whether a panel or a rule can use it."""

from __future__ import annotations

from datetime import timedelta

import promql_parser as pp

from .parse import parse_plain, parse_promql
from .selects import walk_promql

# Prometheus counts durations in nanoseconds of 64 bits.
LONGEST = timedelta(microseconds=(2**63 - 1) // 1000)
_CHOOSE = frozenset({"limitk", "limit_ratio"})


def result_type(expr: str) -> str:
    """Return `vector`, `scalar`, `matrix` or `string`; raises ValueError (the parser's words) when it is not PromQL."""
    return _type(parse_promql(expr))


def unusable(expr: str) -> str | None:
    """Return why neither a panel nor a rule can use an expression, with a suggestion; None when they can.

    Raises ValueError when it is not PromQL.
    """
    kind = result_type(expr)
    if kind == "matrix":
        bare = expr.strip()
        near = f"; did you mean 'rate({bare})'?" if len(bare) <= 80 else "; put it into rate(…) or max_over_time(…)"
        return f"gives a range of samples, which nothing can draw{near}"
    if kind == "string":
        return "is a text, which nothing can draw; write an expression that gives numbers, e.g. up"
    return None


def experimental_parts(expr: str) -> tuple[str, ...]:
    """Name the functions that Prometheus takes only with a feature flag; raises ValueError when it is not PromQL."""
    found: dict[str, None] = {}
    for node in walk_promql(parse_promql(expr)):
        if isinstance(node, pp.Call) and node.func.experimental:
            found[node.func.name] = None
        elif isinstance(node, pp.AggregateExpr) and str(node.op) in _CHOOSE:
            found[str(node.op)] = None
    return tuple(found)


def rated_metric(expr: str) -> str:
    """Name the metric whose rate, irate or increase this is, aggregated or not; "" when it is anything else.

    Raises ValueError when it is not PromQL.
    """
    node = parse_promql(expr)
    while isinstance(node, pp.ParenExpr | pp.AggregateExpr):
        node = node.expr
    if not isinstance(node, pp.Call) or node.func.name not in ("rate", "irate", "increase"):
        return ""
    read = node.args[0]
    while isinstance(read, pp.ParenExpr):
        read = read.expr
    if not isinstance(read, pp.MatrixSelector):
        return ""
    selector = read.vector_selector
    if selector.name:
        return str(selector.name)
    equal = [m.value for m in selector.matchers.matchers if m.name == "__name__" and m.op == pp.MatchOp.Equal]
    return str(equal[0]) if equal else ""


def is_readable_name(name: str) -> bool:
    """Whether a metric's name stands in a query as it is: PromQL reads `inf`, `nan`, `on`, `bool` … as something else.

    The name must have a metric name's letters.
    """
    try:
        node = parse_plain(f"rate({name}[5m])")
    except ValueError:
        return False
    return isinstance(node, pp.Call) and node.args[0].vector_selector.name == name


def is_readable_label(label: str) -> bool:
    """Whether a query can group by a label's name as it is: `inf`, `nan` and `without` are read as something else."""
    try:
        node = parse_plain(f"sum by ({label}) (up)")
    except ValueError:
        return False
    return isinstance(node, pp.AggregateExpr) and node.modifier is not None and list(node.modifier.labels) == [label]


def _type(node: pp.Expr) -> str:
    while isinstance(node, pp.ParenExpr | pp.UnaryExpr):
        node = node.expr
    if isinstance(node, pp.MatrixSelector | pp.SubqueryExpr):
        return "matrix"
    if isinstance(node, pp.StringLiteral):
        return "string"
    if isinstance(node, pp.NumberLiteral):
        return "scalar"
    if isinstance(node, pp.Call):
        return "scalar" if node.func.return_type == pp.ValueType.Scalar else "vector"
    if isinstance(node, pp.BinaryExpr):
        return "scalar" if _type(node.lhs) == _type(node.rhs) == "scalar" else "vector"
    return "vector"
