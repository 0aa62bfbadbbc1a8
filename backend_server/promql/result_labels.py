"""Which labels an expression's result has, as far as the expression itself says."""

from __future__ import annotations

import promql_parser as pp

from .parse import parse_promql

_CHOOSE = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
_NONE_LEFT = frozenset({"time", "vector", "scalar", "pi", "absent", "absent_over_time"})


def result_labels(expr: str) -> tuple[str, ...] | None:
    """Return the labels the result is grouped by, () when it has none, None when they are those of the series read.

    Raises ValueError (the parser's words) when it is not PromQL.
    """
    return _of(parse_promql(expr))


def _of(node: pp.Expr) -> tuple[str, ...] | None:
    while isinstance(node, pp.ParenExpr | pp.UnaryExpr | pp.SubqueryExpr):
        node = node.expr
    if isinstance(node, pp.NumberLiteral):
        return ()
    if isinstance(node, pp.AggregateExpr):
        if str(node.op) in _CHOOSE:
            return _of(node.expr)
        if node.modifier is None:
            return ()
        return tuple(node.modifier.labels) if node.modifier.type == pp.AggModifierType.By else None
    if isinstance(node, pp.Call):
        return _of_call(node)
    if isinstance(node, pp.BinaryExpr):
        # A number takes nothing away; else the left side decides, as it does in Prometheus without group_right.
        left, right = _of(node.lhs), _of(node.rhs)
        return right if left == () and not isinstance(node.lhs, pp.AggregateExpr) else left
    return None


def _of_call(call: pp.Call) -> tuple[str, ...] | None:
    name = call.func.name
    if name in _NONE_LEFT:
        return ()
    if name in ("label_replace", "label_join"):
        return None
    if name == "histogram_quantile":
        inner = _of(call.args[1])
        return None if inner is None else tuple(label for label in inner if label != "le")
    return _of(call.args[0]) if call.args else ()
