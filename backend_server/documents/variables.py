"""Grafana's template variables in text: every spelling, and what a value becomes in each format."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

# `$name`, `[[name]]`, `[[name:format]]`, `${name}`, `${name.field}`, `${name:format}`; a name beginning with `__` is
# Grafana's own and one of digits is a group of a regular expression.
_REFERENCE = re.compile(
    r"\$(?P<bare>[A-Za-z_]\w*)"
    r"|\[\[(?P<square>[A-Za-z_]\w*)(?::(?P<square_format>[\w:.-]+))?\]\]"
    r"|\$\{(?P<braced>[A-Za-z_]\w*)(?:\.(?P<field>[^:}]+))?(?::(?P<format>[^}]+))?\}"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """One use of a variable in a text; `format` is empty when the text names none."""

    name: str
    format: str
    field: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a variable holds: one value, or several; `texts` are what people see.

    `several`: the variable allows several or all, so Grafana escapes even a single value as a regular expression.
    `raw`: the value is an all-value, a regular expression already. `own`: the document's author wrote the values, not
    a caller. `source_type`: the datasource type, for a variable that chooses a datasource.
    """

    name: str
    values: tuple[str, ...]
    texts: tuple[str, ...]
    several: bool = False
    raw: bool = False
    own: bool = False
    source_type: str = ""


def references(text: str) -> Iterator[Reference]:
    """Return each use of a variable in a text, but Grafana's built-in ones (`$__…`)."""
    for match in _REFERENCE.finditer(text):
        name = match["bare"] or match["square"] or match["braced"]
        if not name.startswith("__"):
            written = match["square_format"] or match["format"] or ""
            yield Reference(name, written, match["field"] or "", match.start(), match.end())


def formatted(chosen: Chosen, written: str) -> str | None:
    """Write the chosen values in a named format as Grafana does; None for a format that is not known.

    The formats are those of Grafana's documentation, "Advanced variable format options".
    """
    name, _, argument = written.partition(":")
    if name == "queryparam":
        return "&".join(f"var-{quote(chosen.name, safe='')}={quote(value, safe='')}" for value in chosen.values)
    if name == "customqueryparam":
        parameter, _, prefix = argument.partition(":")
        key = quote(parameter or chosen.name, safe="")
        return "&".join(f"{key}={quote(prefix + value, safe='')}" for value in chosen.values)
    if name == "text":
        return " + ".join(chosen.texts)
    if name == "distributed":
        first, *others = chosen.values
        return ",".join([first, *(f"{chosen.name}={value}" for value in others)])
    if name == "join":
        return (argument or ",").join(chosen.values)
    write = _FORMATS.get(name)
    return write(chosen.values) if write else None


def regex_of(values: Sequence[str]) -> str:
    """Write values as one regular expression: `a` or `(a|b)`, each escaped."""
    return _group([re.sub(r"[/\-\\^$*+?.()|[\]{}]", r"\\\g<0>", value) for value in values])


def _group(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else "(" + "|".join(parts) + ")"


def _lucene(values: Sequence[str]) -> str:
    escaped = [re.sub(r'[+\-=&|><!(){}\[\]^"~*?:\\/]', r"\\\g<0>", value) for value in values]
    if len(escaped) == 1:
        return escaped[0]
    return "(" + " OR ".join(f'"{value}"' for value in escaped) + ")"


def _quoted(values: Sequence[str], sign: str, escape: str) -> str:
    return ",".join(sign + value.replace(sign, escape) + sign for value in values)


def _json(values: Sequence[str]) -> str:
    return json.dumps(list(values) if len(values) > 1 else values[0], ensure_ascii=False, separators=(",", ":"))


_FORMATS: Mapping[str, Callable[[Sequence[str]], str]] = {
    "csv": ",".join,
    "raw": ",".join,
    "pipe": "|".join,
    "regex": regex_of,
    "glob": lambda values: values[0] if len(values) == 1 else "{" + ",".join(values) + "}",
    "json": _json,
    "lucene": _lucene,
    "percentencode": lambda values: quote(values[0] if len(values) == 1 else "{" + ",".join(values) + "}", safe=""),
    "uriencode": lambda values: quote(",".join(values), safe="~()*!.'#$&+,/:;=?@"),
    "html": lambda values: html.escape(", ".join(values), quote=True),
    "singlequote": lambda values: _quoted(values, "'", "\\'"),
    "doublequote": lambda values: _quoted(values, '"', '\\"'),
    "sqlstring": lambda values: _quoted(values, "'", "''"),
}
