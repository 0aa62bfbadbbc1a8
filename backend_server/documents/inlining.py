"""Inlining: a dashboard whose variables are filled in for good, so that a visitor's page can show it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from backend_server.errors import InvalidInput, Problem

from . import escaping
from .choices import Values, chosen_values
from .escape_context import EscapeContext, Step, escape_context_of
from .panels import listed
from .positions import join_path
from .quoting import QuoteContext, promql_quote_contexts, sql_quote_contexts
from .repeating import Scope, Written, written_out
from .sharing import share_problems
from .variables import Chosen, Reference, formatted, references, regex_of

# What may stand in a query outside quotes without changing its structure: names, numbers, durations, lists of them.
_SAFE_BARE = re.compile(r"-?[A-Za-z0-9_:.]+(?:\s*,\s*[A-Za-z0-9_:.]+)*")
_AUTO = re.compile(r"auto|\$__auto.*")
_DROPPED = ("__inputs", "__requires", "__elements")


def inline(dashboard: Mapping[str, Any], values: Values | None = None) -> dict[str, Any]:
    """Derive a dashboard with every variable filled in, repeats written out, datasource variables and inputs bound.

    A variable without a value in `values` takes what the document holds. All of Grafana's spellings and formats
    are filled; its built-in `$__…` stay. A value is written for the place it lands in, so it stays that value.
    Annotations a public dashboard cannot show go too. The original is left as it was.

    Raises InvalidInput naming every variable without a value and every value that cannot stand where it is used.
    """
    chosen = chosen_values(dashboard, values or {})
    filling = _Filling({str(variable.get("name")) for variable in listed(dashboard, "templating")})
    problems = [
        Problem(f"templating.list[{index}]", f"filters by {variable.get('name')!r} cannot be written out; remove them")
        for index, variable in enumerate(listed(dashboard, "templating"))
        if variable.get("type") in {"adhoc", "groupby"} and variable.get("filters")
    ]
    derived: dict[str, Any] = {}
    for key, value in dashboard.items():
        if key in _DROPPED or key in {"templating", "annotations"}:
            continue
        if key == "panels" and isinstance(value, list):
            found = [panel for panel in value if isinstance(panel, dict)]
            derived[key] = [filling.panel(panel, f"panels[{n}]") for n, panel in enumerate(written_out(found, chosen))]
        else:
            derived[key] = filling.fill(value, chosen, (Step(dashboard, key),), key)
    derived["templating"] = {"list": []}
    derived["annotations"] = {"list": _shown_annotations(dashboard, chosen, filling)}
    if not isinstance(derived.get("timepicker"), Mapping):
        derived["timepicker"] = {}
    problems += filling.problems
    if problems:
        raise InvalidInput(list(dict.fromkeys(problems)), what="Inlining the dashboard's variables")
    return derived


def _shown_annotations(dashboard: Mapping[str, Any], chosen: Scope, filling: _Filling) -> list[Any]:
    steps = (Step(dashboard, "annotations"), Step([], "list"))
    return [
        filling.fill(entry, chosen, steps, "annotations")
        for entry in listed(dashboard, "annotations")
        if not share_problems({"timepicker": {}, "annotations": {"list": [entry]}})
    ]


class _Filling:
    """Fills texts and collects what cannot be filled."""

    def __init__(self, names: set[str]) -> None:
        self._names = names
        self.problems: list[Problem] = []

    def panel(self, written: Written, path: str) -> dict[str, Any]:
        """Fill one panel, and the panels inside a collapsed row."""
        steps = (Step({}, "panels"), Step([], 0))
        filled = self.fill(written.panel, written.scope, steps, path)
        result: dict[str, Any] = filled if isinstance(filled, dict) else {}
        if written.panel.get("type") == "row":
            result["panels"] = [self.panel(inside, f"{path}.panels[{n}]") for n, inside in enumerate(written.inside)]
        return result

    def fill(self, value: object, scope: Scope, steps: tuple[Step, ...], path: str) -> Any:
        """Copy a JSON value with the variables in all its texts replaced; keys stay."""
        if isinstance(value, str):
            return self._text(value, scope, steps, path) if "$" in value or "[[" in value else value
        if isinstance(value, Mapping):
            return {key: self._entry(value, key, scope, steps, path) for key in value}
        if isinstance(value, list):
            return [
                self.fill(inner, scope, (*steps, Step(value, index)), join_path(path, index))
                for index, inner in enumerate(value)
            ]
        return value

    def _entry(self, holder: Mapping[str, Any], key: str, scope: Scope, steps: tuple[Step, ...], path: str) -> Any:
        value = holder[key]
        inner = (*steps, Step(holder, key))
        if key == "datasource":
            return self._source(value, scope, inner, join_path(path, key))
        return self.fill(value, scope, inner, join_path(path, key))

    def _source(self, source: object, scope: Scope, steps: tuple[Step, ...], path: str) -> Any:
        """Bind a datasource reference; one that names a variable becomes an object with type and uid."""
        uid = source.get("uid") if isinstance(source, Mapping) else source
        if not isinstance(uid, str):
            return source
        found = list(references(uid))
        chosen = scope.get(found[0].name) if len(found) == 1 and found[0].end - found[0].start == len(uid) else None
        if chosen is None and isinstance(source, str):
            chosen = scope.get(source)
        if chosen is None:
            return self.fill(source, scope, steps, path)
        kind = (source.get("type") if isinstance(source, Mapping) else "") or chosen.source_type
        bound = {"type": kind, "uid": chosen.values[0]}
        return {**(source if isinstance(source, Mapping) else {}), **{key: part for key, part in bound.items() if part}}

    def _text(self, text: str, scope: Scope, steps: tuple[Step, ...], path: str) -> str:
        found = list(references(text))
        found = [reference for reference in found if self._is_variable(reference, scope, text)]
        if not found:
            return text
        ends = [0, *(reference.end for reference in found)]
        starts = [*(reference.start for reference in found), len(text)]
        texts = [text[begin:end] for begin, end in zip(ends, starts, strict=True)]
        context = escape_context_of(steps)
        around = _QUOTES.get(context, _plain)(texts)
        pieces = [texts[0]]
        for reference, place, after in zip(found, around, texts[1:], strict=True):
            pieces += [self._written(reference, scope, context, place, path), after]
        return "".join(pieces)

    def _is_variable(self, reference: Reference, scope: Scope, text: str) -> bool:
        return reference.name in scope or reference.name in self._names or _is_meant(text, reference)

    def _written(
        self, reference: Reference, scope: Scope, context: EscapeContext, around: QuoteContext, path: str
    ) -> str:
        chosen = scope.get(reference.name)
        if chosen is None:
            missing = f"is missing; variable {reference.name!r} has no value"
            self.problems.append(Problem(f"values.{reference.name}", missing))
            return ""
        if len(chosen.values) == 1 and _AUTO.fullmatch(chosen.values[0]):
            return {EscapeContext.PROMQL: "$__rate_interval", EscapeContext.SQL: "$__interval"}.get(context, "")
        try:
            return _write(reference, chosen, context, around)
        except ValueError as fault:
            self.problems.append(Problem(path, f"variable {reference.name!r} {fault}"))
            return ""


def _is_meant(text: str, reference: Reference) -> bool:
    """Whether an unknown name is surely a variable: `$` before a word may be a price, braces are not."""
    return text.startswith("${", reference.start) and not reference.field


def _plain(texts: list[str]) -> list[QuoteContext]:
    return [QuoteContext("", "", text[-1:], texts[index + 1][:1]) for index, text in enumerate(texts[:-1])]


_QUOTES: Mapping[EscapeContext, Callable[[list[str]], list[QuoteContext]]] = {
    EscapeContext.PROMQL: promql_quote_contexts,
    EscapeContext.SQL: sql_quote_contexts,
}


def _write(reference: Reference, chosen: Chosen, context: EscapeContext, around: QuoteContext) -> str:
    """Write the values for the place; raises ValueError saying what is wrong with them there."""
    named = formatted(chosen, reference.format) if reference.format else None
    if context is EscapeContext.PROMQL:
        return _in_promql(reference, chosen, named, around)
    if context is EscapeContext.SQL:
        return _in_sql(chosen, named, around)
    if context in {EscapeContext.OTHER_QUERY, EscapeContext.EXACT, EscapeContext.FIXED}:
        written = named if named is not None else ",".join(chosen.values)
        if context is EscapeContext.OTHER_QUERY:
            _need_safe(chosen, written)
        return written
    shown = named if named is not None else " + ".join(chosen.texts)
    if context is EscapeContext.URL:
        encoded = reference.format in {"queryparam", "percentencode", "uriencode", "customqueryparam"}
        return shown if encoded else escaping.url_part(shown)
    if context is EscapeContext.MARKDOWN:
        return escaping.markdown(shown)
    if context is EscapeContext.HTML:
        return shown if reference.format == "html" else escaping.html(shown)
    return escaping.shown(shown, text_before=around.before in {"[", "{"}, text_after=bool(around.after))


def _in_promql(reference: Reference, chosen: Chosen, named: str | None, around: QuoteContext) -> str:
    if around.quote in {'"', "'"}:
        if chosen.raw and reference.format in {"", "raw", "regex", "pipe"}:
            return chosen.values[0]
        if named is not None:
            return named if chosen.own and reference.format == "raw" else escaping.promql_string(named, around.quote)
        if len(chosen.values) > 1 or (chosen.several and around.matcher != "="):
            return escaping.promql_string(regex_of(chosen.values), around.quote)
        return escaping.promql_string(chosen.values[0], around.quote)
    written = regex_of(chosen.values) if len(chosen.values) > 1 else chosen.values[0]
    if named is not None:
        written = named
    if around.quote == "`":
        if "`" in written:
            raise ValueError(f"is {written[:40]!r}, which cannot stand inside backquotes")
        return written
    _need_safe(chosen, written)
    return written


def _in_sql(chosen: Chosen, named: str | None, around: QuoteContext) -> str:
    if around.quote == "'":
        return escaping.sql_string(named if named is not None else ",".join(chosen.values))
    if named is None and chosen.several and not around.quote:
        return ",".join(f"'{escaping.sql_string(value)}'" for value in chosen.values)
    written = named if named is not None else ",".join(chosen.values)
    if named is not None and not around.quote and re.fullmatch(r"'(?:[^'\\]|'')*'(?:,'(?:[^'\\]|'')*')*", named):
        return named  # the values are quoted by the format
    _need_safe(chosen, written)
    return written


def _need_safe(chosen: Chosen, written: str) -> None:
    """Raise ValueError for a caller's value that could change a query outside quotes: all but names and numbers."""
    if not chosen.own and not _SAFE_BARE.fullmatch(written):
        raise ValueError(
            f"is {written[:40]!r}, which would change the query; outside quotes only names and numbers may stand"
        )
