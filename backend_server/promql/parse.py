"""Parsing PromQL that may hold Grafana's macros, variables and our placeholders."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice

import promql_parser as pp

from .macro_substitutes import as_numbers, with_substitutes
from .quoted import QUOTED_OR_COMMENT

MAX_DEPTH = 100
MAX_OPERATORS = 400
MAX_VARIABLES = 100  # tried as numbers: each is a parse of the whole
_OPERATOR = re.compile(r"[-+*/%^<>]=?|[=!]=|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)


class _OutOfRangeError(ValueError):
    """The parser panicked; no number in place of a variable would help."""


# One expression is asked several questions: does it parse, what type is its result, which labels has it.
@lru_cache(maxsize=64)
def parse_promql(expr: str) -> pp.Expr:
    """Return the syntax tree; raises ValueError in the parser's words, or for what is nested too deeply.

    Names from a variable or placeholder appear in the tree as runs of `x`.
    """
    plain = with_substitutes(expr)
    _bound(plain)
    try:
        return parse_plain(plain)
    except _OutOfRangeError:
        raise
    except ValueError:
        for text in islice(as_numbers(plain, expr), MAX_VARIABLES):
            try:
                return parse_plain(text)
            except _OutOfRangeError:
                raise
            except ValueError:
                continue
        raise


def parse_plain(text: str) -> pp.Expr:
    """Parse PromQL as Prometheus reads it; raises ValueError in the parser's words.

    For `m[1e30]` and the like the parser panics in native code, which comes up as a BaseException that no
    `except Exception` stops: it would end the process.
    """
    try:
        return pp.parse(text)
    except Exception:
        raise
    except BaseException as fault:
        # The class can be imported from nowhere, so its name has to do.
        if type(fault).__name__ != "PanicException":
            raise
        raise _OutOfRangeError("a duration or number is out of range") from fault


def _bound(plain: str) -> None:
    """Refuse what would overrun the stack: the parser is recursive in native code, where that ends the process."""
    bare = QUOTED_OR_COMMENT.sub("", plain)
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
