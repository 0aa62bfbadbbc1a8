"""Parsing PromQL that may hold Grafana's macros, variables and our placeholders."""

from __future__ import annotations

import promql_parser as pp

from backend_server.promql.stand_ins import as_numbers, with_stand_ins


def parse_promql(expr: str) -> pp.Expr:
    """Give the syntax tree; raises ValueError in the parser's words.

    Names that a variable or placeholder gives stand in the tree as runs of `x`.
    """
    plain = with_stand_ins(expr)
    try:
        return pp.parse(plain)
    except ValueError:
        for text in as_numbers(plain, expr):
            try:
                return pp.parse(text)
            except ValueError:
                continue
        raise
