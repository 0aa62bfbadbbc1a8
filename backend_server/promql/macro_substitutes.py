"""Substitutes of the same length for what a PromQL parser does not know: Grafana's variables and our placeholders.

The parser (promql-parser) refuses `$__rate_interval`, `${var:regex}`, `[[var]]` and `<< device.id | label_value >>`.
Each is replaced by text of equal length that has the meaning its place asks for: a duration inside `[…]` or after
`offset`, a number for `$__interval_ms` and the like, else a name. Strings keep their length too, so that every
position stays true.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .quoted import QUOTED

# None of these looks twice at anything: an opening without its end is reported, or ends at the next opening.
_BRACED = r"[^}$]*(?:\$(?!\{)[^}$]*)*\}"
_VARIABLE = rf"\$\{{{_BRACED}|\$\w+|\[\[\w+(?::\w+)?\]\]"


class _Parts:
    """Finds placeholders (group `ours`) and what else a pattern names, in time that grows with the text's length."""

    def __init__(self, others: str) -> None:
        flags = re.VERBOSE | re.DOTALL
        self._all = re.compile(rf"(?P<ours><<.*?(?:>>|(?P<unclosed>\Z)))|{others}", flags)
        self._others = re.compile(others, flags)

    def find(self, text: str) -> Iterator[re.Match[str]]:
        for part in self._all.finditer(text):
            if part["unclosed"] is None:
                yield part
            else:  # no placeholder follows, so none is looked for
                yield from self._others.finditer(text, part.start())


_TOKENS = _Parts(
    rf"""(?P<string>{QUOTED})
      | (?P<comment>\#[^\n]*)
      | (?P<variable>{_VARIABLE})
      | (?P<open>\[)
      | (?P<close>\])
      | (?P<word>[A-Za-z_:][\w:]*)
      | (?P<blank>\s+)
      | (?P<other>.)"""
)
_NUMBERS = re.compile(r"\$\{?__(?:interval|range|rate_interval)_(?:ms|s)\b|\$\{?__(?:from|to)\b")
_UNIT = re.compile(r"(?:ms|[smhdwy])(?!\w)")
_INSIDE_STRING = _Parts(_VARIABLE)
_IN_TEXT = _Parts(rf"\$\{{__\w{_BRACED}|\$__\w+")
_IN_MATCHER = _Parts(rf"\$\{{[A-Za-z_]{_BRACED}|\$[A-Za-z_]\w*|\[\[\w+(?::\w+)?\]\]")
_ALONE = re.compile(rf"(?<![\w:$\"'`{{])(?:\$\w+|\$\{{{_BRACED}|\[\[\w+\]\])(?![\w:])")


def with_substitutes(expr: str) -> str:
    """Return the expression with every macro, variable and placeholder replaced by plain PromQL of the same length."""
    out: list[str] = []
    depth = 0
    after_offset = False
    for token in _TOKENS.find(expr):
        kind, text = token.lastgroup, token.group()
        if kind == "string":
            out.append(_blanked(text))
        elif kind in ("variable", "ours"):
            follows = _UNIT.match(expr, token.end()) is not None
            out.append(_substitute(text, in_range=depth > 0 or after_offset, unit_follows=follows))
        else:
            depth += (kind == "open") - (kind == "close")
            out.append(text)
        if kind != "blank" and text != "-":
            after_offset = kind == "word" and text == "offset"
    return "".join(out)


def _blanked(text: str) -> str:
    out: list[str] = []
    at = 0
    for part in _INSIDE_STRING.find(text):
        out += [text[at : part.start()], "x" * len(part.group())]
        at = part.end()
    return "".join([*out, text[at:]])


def as_numbers(plain: str, expr: str) -> Iterator[str]:
    """Return the same text with variables turned from names into numbers, one more at a time.

    `topk($n, x)` and `x > $limit` need a number where `with_substitutes` put a name.
    """
    text = plain
    for variable in _ALONE.finditer(expr):
        start, end = variable.span()
        if set(plain[start:end]) == {"x"}:
            text = text[:start] + "1" * (end - start) + text[end:]
            yield text


def _substitute(text: str, *, in_range: bool, unit_follows: bool) -> str:
    if in_range:
        # `[${__range_s}s]` brings its unit along.
        return ("5" if unit_follows else "5s").rjust(len(text), "0")
    if _NUMBERS.match(text):
        return "1".rjust(len(text), "0")
    return "x" * len(text)


def grafana_parts(expr: str) -> tuple[str, ...]:
    """List what Grafana or a template would have to fill before Prometheus could read the expression, in order.

    Within strings that is what nobody else writes: placeholders, `$__…`, and a variable as a matcher's value;
    `label_replace` has a `$1` and `$name` of its own.
    """
    found: list[str] = []
    before = ""
    for token in _TOKENS.find(expr):
        kind, text = token.lastgroup, token.group()
        if kind == "string":
            found += [part.group() for part in (_IN_MATCHER if before in ("=", "~") else _IN_TEXT).find(text)]
        elif kind in ("variable", "ours"):
            found.append(text)
        if kind not in ("blank", "comment"):
            before = text
    return tuple(dict.fromkeys(found))
