"""The filters a placeholder may use. Those that make text safe for a query are named in ESCAPING."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable

from jinja2 import Undefined

from backend_server.documents.escaping import promql_regex, promql_string
from backend_server.primitives.ids import slug_words

from .context import MOST_INTEGER

ESCAPING = frozenset({"metric_name", "label_value", "label_regex", "slug"})

_NOT_METRIC = re.compile(r"[^a-zA-Z0-9_]")


class FilterFault(Exception):
    """A filter cannot use its value; the message says why."""


def metric_name(value: object) -> str:
    """Convert text to a part of a metric name: all but a-z, A-Z, 0-9 become `_`, and none begins with a digit.

    `:` becomes `_` too: Prometheus keeps it for recording rules.
    """
    name = _NOT_METRIC.sub("_", text_of(value))
    return f"_{name}" if not name or name[0].isdigit() else name


def label_value(value: object) -> str:
    """Escape for the inside of a double-quoted PromQL string; in a query the place decides which quotes."""
    return promql_string(text_of(value), '"')


def label_regex(value: object) -> str:
    """Escape for the inside of a double-quoted PromQL regular expression that shall match exactly this text."""
    return promql_regex(text_of(value), '"')


def slug(value: object) -> str:
    """Convert text to lower-case words joined by `-`; text without an ASCII letter or digit becomes a hash."""
    text = text_of(value)
    return slug_words(text, 60) or "x" + hashlib.sha256(text.encode()).hexdigest()[:8]


def default(value: object, fallback: object = "", empty_too: bool = False) -> object:
    """Return the fallback for a missing field, and with `true` also for an empty one."""
    if isinstance(value, Undefined):
        return fallback
    return fallback if empty_too and not value else value


def rounded(value: object, digits: int = 0) -> int | float:
    """Round a number, or text that is one; without digits the result is a whole number."""
    try:
        number = float(value) if isinstance(value, int | float) else float(text_of(value))
        if not math.isfinite(number) or abs(number) >= MOST_INTEGER:
            raise ValueError  # JSON has no word for the one and cannot hold the other
        return round(number, digits) if digits > 0 else int(round(number, digits))
    except (ValueError, OverflowError) as fault:
        raise FilterFault(f"{text_of(value)[:40]!r} is not a number that can be rounded") from fault


def lower(value: object) -> str:
    """Return the text in lower case."""
    return text_of(value).lower()


def upper(value: object) -> str:
    """Return the text in upper case."""
    return text_of(value).upper()


def truncate(value: object, length: int = 255, end: str = "…") -> str:
    """Cut text to at most `length` characters, `end` included."""
    text = text_of(value)
    return text if len(text) <= length else text[: max(length - len(end), 0)] + end[:length]


def text_of(value: object) -> str:
    """Write a value as it stands inside text; raises FilterFault for what has no text form."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, Undefined):
        return str(value)  # StrictUndefined raises here, with the field's name
    raise FilterFault("a list, an object or nothing cannot stand inside text")


FILTERS: dict[str, Callable[..., object]] = {
    "metric_name": metric_name,
    "label_value": label_value,
    "label_regex": label_regex,
    "slug": slug,
    "default": default,
    "round": rounded,
    "lower": lower,
    "upper": upper,
    "truncate": truncate,
}
