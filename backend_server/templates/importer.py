"""A dashboard exported from Grafana becomes a template: inputs bound, ids dropped, values turned into placeholders."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from backend_server.documents.choices import Values
from backend_server.documents.escape_context import EscapeContext, Step, escape_context_of
from backend_server.documents.escaping import promql_regex
from backend_server.documents.inlining import inline
from backend_server.documents.panels import listed, placed_panels
from backend_server.documents.positions import join_path
from backend_server.documents.quoting import promql_quote_contexts, sql_quote_contexts
from backend_server.documents.reading import read_dashboard, read_object
from backend_server.errors import InvalidInput, Problem

from .header import HEADER_KEY
from .template import load_template

# Markers are letters and digits only, so no escaping on the way changes them.
_MARKER = re.compile("dwFieldQ(\\d+)Zd")
_DROPPED = frozenset({"id", "uid", "version", "iteration", "gnetId", "meta", "__requires", "__inputs", "__elements"})


@dataclass(frozen=True, slots=True)
class ImportedTemplate:
    """A template's source, and what a person should know of it: what was replaced, what was not found."""

    source: bytes
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportChoices:
    """What a person chose for an import.

    `fields` leads from a value in the dashboard to a device's field (`{"10.0.0.7:9100": "device.labels.instance"}`),
    `variables` from a variable to one; `values` fills variables in for all devices alike. Without `kind` the template
    is for any device.
    """

    fields: Mapping[str, str]
    variables: Mapping[str, str] = field(default_factory=dict)
    values: Values = field(default_factory=dict)
    kind: str | None = None
    slot: str = "main"


def import_template(name: str, source: bytes, choices: ImportChoices) -> ImportedTemplate:
    """Return the template of an exported dashboard, also of the API's `{"dashboard": …}`.

    `name` is what messages call it, e.g. `router.json`. Raises InvalidInput naming what cannot become a template.
    """
    fields, variables = choices.fields, choices.variables
    dashboard = _unwrapped(source, name)
    markers: list[str] = []
    chosen: dict[str, str | Sequence[str]] = dict(choices.values)
    for variable, field_name in variables.items():
        chosen[variable] = _marker(field_name, markers)
    known = {str(variable.get("name")) for variable in listed(dashboard, "templating")}
    missing = [
        Problem(f"variables.{variable}", "is not a variable of the dashboard")
        for variable in variables
        if variable not in known
    ]
    if missing:
        raise InvalidInput(missing, what=name)
    flat = inline(dashboard, chosen)
    writer = _PlaceholderWriter({value: _marker(name, markers) for value, name in fields.items()}, markers)
    header = {
        "slot": choices.slot,
        "scope": "device",
        "applies_to": {"kind": choices.kind} if choices.kind else {},
        "title": "<< device.title >>",
    }
    body = {key: value for key, value in flat.items() if key not in _DROPPED and key != HEADER_KEY}
    made: dict[str, Any] = {HEADER_KEY: header, **writer.write(body, (), "")}
    if writer.problems:
        raise InvalidInput(writer.problems, what=name)
    _number_panels(made)
    written = json.dumps(made, indent=2, ensure_ascii=False).encode() + b"\n"
    load_template(name, written)
    return ImportedTemplate(written, tuple(writer.notes(fields, variables)))


def _unwrapped(source: bytes, name: str) -> dict[str, Any]:
    found = read_object(source, what=name)
    inner = found.get("dashboard")
    if isinstance(inner, dict) and "panels" not in found:
        return inner
    return read_dashboard(source, what=name)


def _marker(field: str, markers: list[str]) -> str:
    if field not in markers:
        markers.append(field)
    return f"dwFieldQ{markers.index(field)}Zd"


class _PlaceholderWriter:
    """Finds the chosen values in every text and writes the placeholder that is right at that place."""

    def __init__(self, values: Mapping[str, str], markers: Sequence[str]) -> None:
        self.problems: list[Problem] = []
        self.used: dict[str, int] = {}
        self._fields = markers
        self._patterns = [(_spelled(value), marker) for value, marker in values.items() if value]

    def write(self, value: object, steps: tuple[Step, ...], path: str) -> Any:
        """Copy a JSON value with the chosen values replaced."""
        if isinstance(value, str):
            return self._text(value, steps, path)
        if isinstance(value, dict):
            return {
                key: self.write(inner, (*steps, Step(value, key)), join_path(path, key)) for key, inner in value.items()
            }
        if isinstance(value, list):
            return [
                self.write(inner, (*steps, Step(value, index)), join_path(path, index))
                for index, inner in enumerate(value)
            ]
        return value

    def notes(self, fields: Mapping[str, str], variables: Mapping[str, str]) -> list[str]:
        """Return how often each chosen value was found."""
        wanted = {f"value {value!r}": field for value, field in fields.items()}
        wanted |= {f"variable {name!r}": field for name, field in variables.items()}
        return [
            f"{what}: << {field} >> in {self.used.get(field, 0)} place(s)"
            + ("" if self.used.get(field) else "; it was not found, so every device gets the same dashboard")
            for what, field in wanted.items()
        ]

    def _text(self, text: str, steps: tuple[Step, ...], path: str) -> str:
        for pattern, marker in self._patterns:
            text = pattern.sub(marker, text)
        pieces = _MARKER.split(text)
        texts, numbers = pieces[::2], pieces[1::2]
        # What looks like a placeholder in the export is text there, so it is written as a text in a placeholder.
        texts = [part.replace("<<", '<< "<<" >>') for part in texts]
        if not numbers:
            return texts[0]
        context = escape_context_of(steps)
        filters = self._filters(context, texts, path)
        result = texts[0]
        for number, filter_name, after in zip(numbers, filters, texts[1:], strict=True):
            field = self._fields[int(number)]
            self.used[field] = self.used.get(field, 0) + 1
            result += f"<< {field}{f' | {filter_name}' if filter_name else ''} >>{after}"
        return result

    def _filters(self, context: EscapeContext, texts: list[str], path: str) -> list[str]:
        if context is EscapeContext.PROMQL:
            found = []
            for around in promql_quote_contexts(texts):
                if around.quote == "`":
                    self.problems.append(
                        Problem(
                            path, "holds a chosen value inside backquotes, which have no escapes; use double quotes"
                        )
                    )
                quoted = "label_regex" if around.matcher == "=~" else "label_value"
                found.append(quoted if around.quote else "metric_name")
            return found
        if context is EscapeContext.SQL:
            return ["label_value" if around.quote else "metric_name" for around in sql_quote_contexts(texts)]
        if context is EscapeContext.OTHER_QUERY:
            return ["slug"] * (len(texts) - 1)
        return [""] * (len(texts) - 1)


def _spelled(value: str) -> re.Pattern[str]:
    """Find a value as it stands and as a regular expression spells it, not as a part of a longer word."""
    spellings = sorted({value, re.escape(value), promql_regex(value, '"')}, key=len, reverse=True)
    either = "|".join(re.escape(spelling) for spelling in spellings)
    return re.compile(rf"(?<![\w]){'(?:' + either + ')'}(?![\w])")


def _number_panels(dashboard: dict[str, Any]) -> None:
    """Assign an id to each panel that has none, or one that is taken: queries name panels by id."""
    panels = [placed.panel for placed in placed_panels(dashboard)]
    taken: set[int] = set()
    last = max((panel["id"] for panel in panels if isinstance(panel.get("id"), int)), default=0)
    for panel in panels:
        found = panel.get("id")
        if not isinstance(found, int) or found < 1 or found in taken:
            last += 1
            found = last
            if isinstance(panel, dict):
                panel["id"] = found
        taken.add(found)
