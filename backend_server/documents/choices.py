"""What each variable of a dashboard holds: the values given, else what the document itself says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .panels import Panel, listed
from .variables import Chosen

Values = Mapping[str, str | Sequence[str]]
"""Variable's name → value or values; `$__all` (or `All`) chooses all."""

# The provisioned datasource, which binds what a dashboard leaves open.
DEFAULT_SOURCES = {"prometheus": "prometheus"}
_ALL = "$__all"
_OPTION = re.compile(r"(?:\\.|[^,\\])+")


def chosen_values(dashboard: Panel, values: Values) -> dict[str, Chosen]:
    """Resolve every variable and import input that has a value; one without is missing from the result."""
    chosen: dict[str, Chosen] = {}
    for entry in _inputs(dashboard):
        found = _input(entry, values)
        if found:
            chosen[found.name] = found
    for variable in listed(dashboard, "templating"):
        name = variable.get("name")
        if isinstance(name, str) and name:
            given = values.get(name)
            picked = _given(variable, name, given) if given is not None else _own(variable, name)
            if picked:
                chosen[name] = picked
    for name, given in values.items():
        if name not in chosen:
            single = (given,) if isinstance(given, str) else tuple(given)
            chosen[name] = Chosen(name, single, single, several=len(single) > 1)
    return chosen


def _inputs(dashboard: Panel) -> list[Panel]:
    found = dashboard.get("__inputs")
    return [entry for entry in found if isinstance(entry, Mapping)] if isinstance(found, list) else []


def _input(entry: Panel, values: Values) -> Chosen | None:
    name = entry.get("name")
    if not isinstance(name, str):
        return None
    plugin = str(entry.get("pluginId") or "")
    given = values.get(name)
    value = given if isinstance(given, str) else DEFAULT_SOURCES.get(plugin, "") or str(entry.get("value") or "")
    return Chosen(name, (value,), (value,), own=True, source_type=plugin) if value else None


def _given(variable: Panel, name: str, given: str | Sequence[str]) -> Chosen | None:
    values = (given,) if isinstance(given, str) else tuple(given)
    if not values:
        return None
    if values in {(_ALL,), ("All",)} and (variable.get("includeAll") or values == (_ALL,)):
        return _all(variable, name)
    known = dict(_options(variable))
    source = str(variable.get("query") or "") if variable.get("type") == "datasource" else ""
    texts = tuple(known.get(value, value) for value in values)
    own = bool(known) and set(values) <= known.keys()
    return Chosen(name, values, texts, several=_several(variable), own=own, source_type=source)


def _own(variable: Panel, name: str) -> Chosen | None:
    """Return what the document holds: the current value, a constant, the first option."""
    kind = variable.get("type")
    current = variable.get("current")
    values = _texts_of(current.get("value")) if isinstance(current, Mapping) else ()
    texts = _texts_of(current.get("text")) if isinstance(current, Mapping) else ()
    if values == (_ALL,):
        return _all(variable, name)
    if kind == "datasource":
        return _own_source(variable, name, values)
    if kind == "constant" or (kind == "textbox" and not values):
        values = texts = _texts_of(variable.get("query"))
    if not any(values) and kind in {"custom", "interval", "switch"}:
        options = _options(variable)
        values, texts = (options[0][:1], options[0][1:]) if options else ((), ())
    if not values or (values == ("",) and kind in {"query", "custom", "interval"}):
        return None
    if len(texts) != len(values):
        texts = values
    return Chosen(name, values, texts, several=_several(variable), own=True)


def _own_source(variable: Panel, name: str, values: tuple[str, ...]) -> Chosen | None:
    plugin = str(variable.get("query") or "")
    value = values[0] if values else ""
    if value in {"", "default"} or value.startswith("$"):
        value = DEFAULT_SOURCES.get(plugin, "")
    return Chosen(name, (value,), (value,), own=True, source_type=plugin) if value else None


def _all(variable: Panel, name: str) -> Chosen | None:
    all_value = variable.get("allValue")
    if isinstance(all_value, str) and all_value:
        return Chosen(name, (all_value,), ("All",), several=True, raw=True, own=True)
    options = _options(variable)
    if options:
        return Chosen(
            name, tuple(value for value, _ in options), tuple(text for _, text in options), several=True, own=True
        )
    # The options are the answer to a query we do not ask; every label value is one that is not empty.
    return Chosen(name, (".+",), ("All",), several=True, raw=True, own=True)


def _options(variable: Panel) -> list[tuple[str, str]]:
    """Return (value, text) of the options the document lists, without the one for all."""
    found = []
    for option in variable.get("options") or []:
        if isinstance(option, Mapping) and option.get("value") != _ALL:
            values, texts = _texts_of(option.get("value")), _texts_of(option.get("text"))
            if values:
                found.append((values[0], texts[0] if texts else values[0]))
    query = variable.get("query")
    if not found and isinstance(query, str) and variable.get("type") in {"custom", "interval"}:
        for written in _OPTION.findall(query):
            text, colon, value = written.strip().partition(" : ")
            found.append(((value if colon else text).strip(), text.strip()))
    return [pair for pair in found if pair[0]]


def _several(variable: Panel) -> bool:
    return bool(variable.get("multi") or variable.get("includeAll"))


def _texts_of(found: Any) -> tuple[str, ...]:
    if isinstance(found, str):
        return (found,)
    if isinstance(found, bool):
        return ("true" if found else "false",)
    if isinstance(found, int | float):
        return (str(found),)
    if isinstance(found, Sequence):
        return tuple(text for entry in found for text in _texts_of(entry))
    return ()
