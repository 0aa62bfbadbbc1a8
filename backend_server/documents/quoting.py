"""Following a query's text up to a placeholder: inside which quotes it stands, and after which matcher."""

from __future__ import annotations

import re
from dataclasses import dataclass

_REGEX_MATCHER = re.compile(r"[=!]~\s*\Z")
_EQUAL_MATCHER = re.compile(r"(?<![<>=!])!?=\s*\Z")
_DOLLAR_TAG = re.compile(r"\$(?:[A-Za-z_]\w*)?\$")


@dataclass(frozen=True, slots=True)
class QuoteContext:
    """What stands around a placeholder.

    `quote` is what is open (`"`, `'`, a backquote, `E'`, `#`, `--`, `/*`, `$tag$`) or nothing, `matcher` the one before
    that quote (`=`, `=~` or nothing), `before` and `after` the characters next to the placeholder.
    """

    quote: str
    matcher: str
    before: str
    after: str


def promql_quote_contexts(texts: list[str]) -> list[QuoteContext]:
    """Return for each gap between two texts what stands around it in PromQL or LogQL."""
    found = []
    quote, matcher = "", ""
    for index, text in enumerate(texts[:-1]):
        at = 0
        while at < len(text):
            sign = text[at]
            if quote == "#":
                quote = "" if sign == "\n" else quote
            elif quote:
                if sign == "\\" and quote != "`":
                    at += 1
                elif sign == quote:
                    quote = ""
            elif sign == "#":
                quote, matcher = "#", ""
            elif sign in "\"'`":
                quote, matcher = sign, _matcher(text[:at])
            at += 1
        found.append(QuoteContext(quote, matcher if quote else "", text[-1:], texts[index + 1][:1]))
    return found


def sql_quote_contexts(texts: list[str]) -> list[QuoteContext]:
    """Return for each gap between two texts what stands around it in PostgreSQL's SQL."""
    found = []
    quote = ""
    for index, text in enumerate(texts[:-1]):
        at = 0
        while at < len(text):
            at, quote = _sql_step(text, at, quote)
        found.append(QuoteContext(quote, "", text[-1:], texts[index + 1][:1]))
    return found


def _sql_step(text: str, at: int, quote: str) -> tuple[int, str]:
    sign, pair = text[at], text[at : at + 2]
    if quote in {"'", '"'}:
        return (at + 2, quote) if pair == quote * 2 else (at + 1, "" if sign == quote else quote)
    if quote == "E'":
        return (at + 2, quote) if sign == "\\" or pair == "''" else (at + 1, "" if sign == "'" else quote)
    if quote == "--":
        return at + 1, "" if sign == "\n" else quote
    if quote == "/*":
        return (at + 2, "") if pair == "*/" else (at + 1, quote)
    if quote:  # $tag$
        return (at + len(quote), "") if text.startswith(quote, at) else (at + 1, quote)
    if pair in {"--", "/*"}:
        return at + 2, pair
    if sign == "'":
        escaped = re.search(r"(?:\b[eE]|[uU]&)\Z", text[:at])
        return at + 1, "E'" if escaped else "'"
    if sign == '"':
        return at + 1, '"'
    tag = _DOLLAR_TAG.match(text, at)
    return (tag.end(), tag.group()) if tag else (at + 1, "")


def _matcher(before: str) -> str:
    if _REGEX_MATCHER.search(before):
        return "=~"
    return "=" if _EQUAL_MATCHER.search(before) else ""
