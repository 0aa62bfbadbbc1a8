"""Checking PromQL and pointing at the fault."""

from __future__ import annotations

import math
import re

import promql_parser as pp

from backend_server.errors import Problem

from .macro_substitutes import with_substitutes
from .parse import parse_promql
from .quoted import QUOTED_OR_COMMENT
from .selects import walk_promql
from .types import LONGEST

MAX_LENGTH = 20_000
_CLOSES = {")": "(", "]": "[", "}": "{"}
_INFINITE = re.compile(r"\binf\b", re.IGNORECASE)
_NAMED = re.compile(r"'([A-Za-z_][\w:]*)'|\"([A-Za-z_][\w:]*)\"")


def check_promql(expr: str, *, path: str = "expr") -> list[Problem]:
    """Return what is wrong with an expression; [] when nothing is.

    Line and column (both from 1) point into `expr`: at the bracket, name or end at fault, as near as can be known.
    """
    if not expr.strip():
        return [Problem(path, "is empty; write a PromQL expression, e.g. up", 1, 1)]
    if len(expr) > MAX_LENGTH:
        return [Problem(path, f"is {len(expr)} characters long; at most {MAX_LENGTH}", 1, 1)]
    try:
        tree = parse_promql(expr)
    except ValueError as fault:
        plain = with_substitutes(expr)
        offset = _where(plain, str(fault))
        line = plain.count("\n", 0, offset) + 1
        column = offset - (plain.rfind("\n", 0, offset) + 1) + 1
        return [Problem(path, f"is not PromQL: {fault}", line, column)]
    infinite = _INFINITE.search(expr) is not None
    if not all(_has_bounds(node, infinite=infinite) for node in walk_promql(tree)):
        message = (
            "holds a duration beyond 292 years or a number beyond 1e308, which Prometheus refuses; write a smaller one"
        )
        return [Problem(path, message, 1, 1)]
    return []


def _has_bounds(node: pp.Expr, *, infinite: bool) -> bool:
    """Whether Prometheus can keep the node's durations and number; `infinite` when an infinity is meant."""
    if isinstance(node, pp.NumberLiteral):
        return infinite or not math.isinf(node.val)
    try:
        spans = [getattr(node, name, None) for name in ("range", "offset", "step")]
    except (ValueError, OverflowError):  # the parser's own conversion
        return False
    return all(span is None or abs(span) <= LONGEST for span in spans)


def _where(plain: str, message: str) -> int:
    blanked = QUOTED_OR_COMMENT.sub(lambda part: " " * len(part.group()), plain)
    unclosed = next((part.start() for part in QUOTED_OR_COMMENT.finditer(plain) if part.lastindex), None)
    stack: list[tuple[str, int]] = []
    for offset, character in enumerate(blanked):
        if character in "([{":
            stack.append((character, offset))
        elif character in _CLOSES:
            if not stack or stack[-1][0] != _CLOSES[character]:
                return offset
            stack.pop()
    if unclosed is not None:
        return unclosed
    if stack:
        return stack[-1][1]
    for name_match in _NAMED.finditer(message):
        name = name_match.group(1) or name_match.group(2)
        place = re.search(rf"(?<![\w:]){re.escape(name)}(?![\w:])", blanked)
        if place:
            return place.start()
    return len(plain.rstrip())
