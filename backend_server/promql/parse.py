"""Parsing PromQL that may hold Grafana's macros, variables and our placeholders."""

from __future__ import annotations

import re
from functools import lru_cache

import promql_parser as pp

from backend_server.promql.stand_ins import as_numbers, with_stand_ins

MAX_DEPTH = 100
MAX_OPERATORS = 400
_TEXT = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|`[^`]*`|#[^\n]*', re.DOTALL)
_OPERATOR = re.compile(r"[-+*/%^<>]=?|[=!]=|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)


# One expression is asked several questions: does it parse, what does it give, which labels has it.
@lru_cache(maxsize=64)
def parse_promql(expr: str) -> pp.Expr:
    """Give the syntax tree; raises ValueError in the parser's words, or for what is nested too deeply.

    Names that a variable or placeholder gives stand in the tree as runs of `x`.
    """
    plain = with_stand_ins(expr)
    _bound(plain)
    try:
        return pp.parse(plain)
    except ValueError:
        for text in as_numbers(plain, expr):
            try:
                return pp.parse(text)
            except ValueError:
                continue
        raise


def _bound(plain: str) -> None:
    """Refuse what would overrun the stack: the parser is recursive in native code, where that ends the process."""
    bare = _TEXT.sub("", plain)
    depth = deepest = 0
    for character in bare:
        if character in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")]}":
            depth -= 1
    if deepest > MAX_DEPTH:
        raise ValueError(f"brackets are nested {deepest} deep; at most {MAX_DEPTH}")
    operators = sum(1 for _ in _OPERATOR.finditer(bare))
    if operators > MAX_OPERATORS:
        raise ValueError(f"it has {operators} operators; at most {MAX_OPERATORS}")
