"""Where a string of a template stands, hence how a value must be written there.

Decided once, when the template loads, from the JSON path and the objects around it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

QUERY_FIELDS = frozenset(
    {"expr", "query", "rawSql", "rawQuery", "queryText", "expression", "target", "definition", "rawSQL"}
)
_SQL_TYPES = frozenset({"postgres", "grafana-postgresql-datasource"})
_PROMQL_TYPES = frozenset(
    {"", "prometheus", "loki", "grafana-amazonprometheus-datasource", "victoriametrics-datasource"}
)

# What must be known when the template loads; a value from a device would change the structure or the identity.
_FIXED = frozenset({"type", "refId", "schemaVersion", "id", "panelId", "repeat"})


class EscapeContext(StrEnum):
    """The language of the place a value lands in."""

    PROMQL = "PromQL"
    SQL = "SQL"
    OTHER_QUERY = "query"
    SHOWN = "text"  # titles, legends and all else in which Grafana replaces variables
    EXACT = "exact"  # the dashboard's own title and tags, values of variables: kept character by character
    MARKDOWN = "Markdown"
    HTML = "HTML"
    URL = "URL"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class Step:
    """One step down the document: the holder and the key or index taken in it."""

    holder: object
    key: str | int


def escape_context_of(steps: Sequence[Step]) -> EscapeContext:
    """Decide from the way down to a string."""
    keys = [step.key for step in steps]
    last = next((key for key in reversed(keys) if isinstance(key, str)), "")
    root = keys[0] if keys else ""
    if "gridPos" in keys or root == "refresh" or (last in _FIXED and root != "links"):
        return EscapeContext.FIXED
    if query := _query_context(steps, keys, root):
        return query
    if len(keys) == 1 or root == "tags":
        return EscapeContext.EXACT
    if root == "templating":
        return _variable_context(steps, keys, last)
    if last in {"url", "href"}:
        return EscapeContext.URL
    if last == "content" and "options" in keys:
        mode = _get(steps[-1].holder, "mode")
        return {"html": EscapeContext.HTML, "code": EscapeContext.SHOWN}.get(str(mode), EscapeContext.MARKDOWN)
    if last == "description":
        return EscapeContext.MARKDOWN
    return EscapeContext.EXACT if last == "uid" else EscapeContext.SHOWN


def _query_context(steps: Sequence[Step], keys: list[str | int], root: str | int) -> EscapeContext | None:
    """Return the language of a query in a panel's target or an annotation, as the nearest datasource names it."""
    if "targets" in keys:
        begin = keys.index("targets")
    elif root == "annotations":
        begin = 0
    else:
        return None
    field = next((key for key in keys[begin:] if key in QUERY_FIELDS), None)
    if field is None:
        return None
    return _language(str(field), [step.holder for step in steps])


def _variable_context(steps: Sequence[Step], keys: list[str | int], last: str) -> EscapeContext:
    """Return the context inside a variable: its query is a query, its values Grafana escapes itself."""
    variable = steps[3].holder if len(steps) > 3 else None  # below templating, list and its index
    kind = _get(variable, "type")
    if last in {"label", "description"}:
        return EscapeContext.SHOWN
    if kind in {"query", "adhoc", "groupby"} and ("query" in keys or "definition" in keys):
        return _language("query", [step.holder for step in steps])
    if last in {"value", "text"} or (last == "query" and kind in {"constant", "textbox", "interval"}):
        return EscapeContext.EXACT
    return EscapeContext.OTHER_QUERY


def _language(field: str, holders: Sequence[object]) -> EscapeContext:
    if field.lower() == "rawsql":
        return EscapeContext.SQL if _datasource_type(holders) in _SQL_TYPES | {""} else EscapeContext.OTHER_QUERY
    kind = _datasource_type(holders)
    if kind in _SQL_TYPES:
        return EscapeContext.SQL
    # `expr` is the field of Prometheus, Loki and what speaks like them, whatever the plugin is called.
    return EscapeContext.PROMQL if field == "expr" or kind in _PROMQL_TYPES else EscapeContext.OTHER_QUERY


def _datasource_type(holders: Sequence[object]) -> str:
    for holder in reversed(holders):
        kind = _get(_get(holder, "datasource"), "type")
        if isinstance(kind, str) and kind not in {"datasource", "mixed"}:
            return kind
    return ""


def _get(holder: object, key: str) -> object:
    return holder.get(key) if isinstance(holder, Mapping) else None
