"""A placeholder at its place: which values may land there and how they are written, or why the template is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from backend_server.documents import escaping
from backend_server.documents.escape_context import EscapeContext
from backend_server.documents.quoting import QuoteContext, promql_quote_contexts, sql_quote_contexts

from .expressions import BadValue
from .filters import label_regex, label_value, metric_name, slug
from .placeholders import Placeholder

Write = Callable[[str], str]
_OPENS_VARIABLE = re.compile(r"(?:\$\{|\[\[|\{\{)[^}\]]*\Z")
_PROMQL_WORDS = (
    "and or unless on ignoring group_left group_right by without bool offset start end inf nan atan2 sum min max avg "
    "group stddev stdvar count count_values bottomk topk quantile limitk limit_ratio"
)

_FILTER_OF: dict[str | None, Write] = {
    "metric_name": metric_name,
    "slug": slug,
    "label_value": label_value,
    "label_regex": label_regex,
}


class Misplaced(Exception):
    """A placeholder may not stand where it stands; the message says why and what to write instead."""


@dataclass(frozen=True, slots=True)
class Writer:
    """How text is written into one place. Writers with an equal `key` write equally, so a value is written once."""

    key: str
    write: Write


def writers_for(context: EscapeContext, pieces: list[str | Placeholder], escapes: list[str | None]) -> list[Writer]:
    """Return the writer of each placeholder of a string; raises Misplaced for the first that may not stand there."""
    texts = [piece for piece in pieces if isinstance(piece, str)]
    placeholders = [piece for piece in pieces if isinstance(piece, Placeholder)]
    if context is EscapeContext.FIXED:
        raise Misplaced("cannot stand here: this field must be known when the template loads")
    for text, placeholder in zip(texts, placeholders, strict=False):
        if _OPENS_VARIABLE.search(text):
            raise Misplaced(f"{placeholder} stands inside a Grafana variable or label; a value may not choose which")
    if context is EscapeContext.PROMQL:
        around = promql_quote_contexts(texts)
        return [_in_promql(*parts) for parts in zip(placeholders, escapes, around, strict=True)]
    if context is EscapeContext.SQL:
        around = sql_quote_contexts(texts)
        return [_in_sql(*parts) for parts in zip(placeholders, escapes, around, strict=True)]
    if context is EscapeContext.OTHER_QUERY:
        return [_in_other_query(*parts) for parts in zip(placeholders, escapes, strict=True)]
    return [
        _shown(context, escape, texts[index], texts[index + 1], first=index == 0, last=index + 2 == len(texts))
        for index, escape in enumerate(escapes)
    ]


def exact_writer(escape: str | None) -> Writer:
    """Return the writer of a place that keeps a value character by character."""
    return Writer(f"exact {escape}", _FILTER_OF.get(escape, str))


def _in_promql(placeholder: Placeholder, escape: str | None, around: QuoteContext) -> Writer:
    _need_escape(placeholder, escape, 'inside quotes, e.g. {device="<< device.id | label_value >>"}')
    if around.quote == "#":
        raise Misplaced(f"{placeholder} stands in a comment, which a line break in its value would end; remove it")
    if around.before == "$":
        raise Misplaced(f"{placeholder} follows a '$', and together they would name a Grafana variable; remove the '$'")
    if escape == "metric_name":
        joined = re.match(r"[\w:]", around.before) or re.match(r"[\w:]", around.after)
        if around.quote or joined:
            return Writer("metric_name", metric_name)
        return Writer("metric_name alone", partial(_metric_alone, str(placeholder)))
    if not around.quote:
        remedy = "use metric_name, or put it inside quotes"
        raise Misplaced(
            f"{placeholder} stands outside quotes, where {escape} would not keep PromQL's structure; {remedy}"
        )
    if escape == "slug":
        return Writer("slug", slug)
    if around.quote == "`":
        raise Misplaced(f"{placeholder} stands inside backquotes, which have no escapes; use double quotes")
    if around.before == "\\":
        raise Misplaced(
            f"{placeholder} follows a backslash, which would change its first character; remove the backslash"
        )
    if escape == "label_value" and around.matcher == "=~":
        raise Misplaced(
            f"{placeholder} stands in a regular expression, where label_value would let '.' match anything; "
            "use label_regex"
        )
    if escape == "label_regex" and around.matcher == "=":
        raise Misplaced(f"{placeholder} stands after '=', which takes no regular expression; use label_value, or =~")
    writes = escaping.promql_regex if escape == "label_regex" else escaping.promql_string
    return Writer(f"{escape} {around.quote}", partial(_swapped, writes, around.quote))


def _in_sql(placeholder: Placeholder, escape: str | None, around: QuoteContext) -> Writer:
    _need_escape(placeholder, escape, "inside quotes, e.g. WHERE device = '<< device.id | label_value >>'")
    if escape == "metric_name":
        return Writer("metric_name", metric_name)
    if escape == "slug" and around.quote:
        return Writer("slug", slug)
    if escape == "label_regex":
        raise Misplaced(f"{placeholder} stands in SQL, for which label_regex is not made; use label_value inside '…'")
    if around.quote != "'":
        raise Misplaced(f"{placeholder} must stand inside plain '…' quotes in SQL, so that its value cannot end them")
    return Writer("sql", _sql)


def _in_other_query(placeholder: Placeholder, escape: str | None) -> Writer:
    _need_escape(placeholder, escape, "")
    if escape == "metric_name":
        return Writer("metric_name", metric_name)
    if escape == "slug":
        return Writer("slug", slug)
    raise Misplaced(f"{placeholder} stands in a query whose language {escape} does not know; use slug or metric_name")


def _need_escape(placeholder: Placeholder, escape: str | None, example: str) -> None:
    if escape is None:
        raise Misplaced(
            f"{placeholder} stands in a query without an escaping filter as its last one; "
            f"add label_value or label_regex{' ' + example if example else ''}, metric_name or slug"
        )


def _shown(context: EscapeContext, escape: str | None, before: str, after: str, *, first: bool, last: bool) -> Writer:
    """Return the writer of a place outside queries, where an escaping filter is an ordinary one."""
    made: Write = _FILTER_OF.get(escape, str)
    if context is EscapeContext.EXACT:
        return exact_writer(escape)
    if context is EscapeContext.MARKDOWN:
        return Writer(f"markdown {escape}", lambda value: escaping.markdown(made(value)))
    if context is EscapeContext.HTML:
        return Writer(f"html {escape}", lambda value: escaping.html(made(value)))
    if context is EscapeContext.URL:
        begins = first and not before
        write = _url_start if begins else escaping.url_part
        return Writer(f"url {begins} {escape}", lambda value: write(made(value)))
    # Only where something adjoins can a sign at the value's end become a variable together with it.
    text_before = before[-1:] in {"[", "{"} if before else not first
    text_after = bool(after) or not last
    joiner = escaping.WORD_JOINER if before.endswith("$") else ""

    def write_shown(value: str) -> str:
        return joiner + escaping.shown(made(value), text_before=text_before, text_after=text_after)

    return Writer(f"shown {text_before} {text_after} {joiner} {escape}", write_shown)


def _swapped(write: Callable[[str, str], str], quote_sign: str, value: str) -> str:
    return write(value, quote_sign)


def _metric_alone(placeholder: str, value: str) -> str:
    name = metric_name(value)
    if name.lower() in _PROMQL_WORDS.split():
        raise BadValue(f'{name!r} is a word of PromQL and cannot be a metric\'s whole name; write {{__name__="…"}}')
    return name


def _sql(value: str) -> str:
    try:
        return escaping.sql_string(value)
    except ValueError as fault:
        raise BadValue(str(fault)) from fault


def _url_start(value: str) -> str:
    try:
        return escaping.url_start(value)
    except ValueError as fault:
        raise BadValue(str(fault)) from fault
