"""Writing a value so that where it lands it is only that value: for PromQL, SQL, Markdown, HTML, URLs and Grafana.

Grafana replaces `$name`, `${name}` and `[[name]]` in queries, titles and texts, and `{{label}}` in legends. A value
that contains these is made inert: inside a query by an escape of the query language (`\\x24`), which leaves the value
exactly as it was for the datasource; in shown text by a word joiner (U+2060), which has no width.
"""

from __future__ import annotations

import re
from urllib.parse import quote

WORD_JOINER = "\u2060"

_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(0x20), 0x7F)}
_PROMQL = {**_CONTROLS, ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t", ord("\\"): "\\\\", ord("$"): "\\x24"}
_PROMQL_QUOTED = {sign: {**_PROMQL, ord(sign): f"\\{sign}"} for sign in ('"', "'")}
_PROMQL_PLAIN = re.compile(r"[\w .:/@,;+=~#%&()-]*")  # has nothing to escape, in either kind of quotes
_BRACKETS = re.compile(r"\[(?=\[)|\{(?=\{)|\A[\[{]|[\[{]\Z")
# A regular expression escapes a sign by a backslash, which the string around it doubles.
_PROMQL_REGEX = {
    sign: {**table, **{ord(letter): "\\\\" + table.get(ord(letter), letter) for letter in "\\.+*?()|[]{}^$"}}
    for sign, table in _PROMQL_QUOTED.items()
}

_SQL_SPLIT = re.compile(r"\$|(?<=\[)(?=\[)|(?<=\{)(?=\{)")

_SHOWN_INSIDE = re.compile(r"\$(?=[\w{])|\[(?=\[)|\{(?=\{)")
_SHOWN_BEFORE_TEXT = re.compile(r"\$(?=[\w{]|\Z)|\[(?=\[|\Z)|\{(?=\{|\Z)")

_MARKDOWN = re.compile(
    r"[\\`*\[\]()!|<>&\"'~{}$\r\n]"  # emphasis, links, tables, markup, code, Grafana's variables
    r"|(?<!\w)_|_(?!\w)"  # emphasis; inside a word `_` is only itself
    r"|\A[#+=\-]|(?<=\d)\.(?=\s|\Z)"  # headings and lists
    r"|:(?=//)|@|(?<=www)\."  # addresses that would become links by themselves
)
_HTML = re.compile(r"[<>&\"'$`]|\[(?=\[|\Z)|\{(?=\{|\Z)")


def promql_string(value: str, quote_sign: str) -> str:
    """Escape for the inside of a PromQL string in `"` or `'` (Go's escapes); the string's value is exactly `value`."""
    if _PROMQL_PLAIN.fullmatch(value):
        return value
    return _BRACKETS.sub(_as_hex, value.translate(_PROMQL_QUOTED[quote_sign]))


def promql_regex(value: str, quote_sign: str) -> str:
    """Escape for the inside of a quoted PromQL regular expression that matches exactly `value` (RE2's rules)."""
    return value.translate(_PROMQL_REGEX[quote_sign])


def sql_string(value: str) -> str:
    """Escape for the inside of a `'…'` literal of PostgreSQL; what Grafana would replace is joined from pieces.

    Raises ValueError for a NUL, which PostgreSQL's text cannot hold.
    """
    if "\0" in value:
        raise ValueError("a NUL character cannot stand in SQL")
    return _SQL_SPLIT.sub(lambda found: "'||chr(36)||'" if found.group() else "'||'", value.replace("'", "''"))


def shown(value: str, *, text_before: bool = False, text_after: bool = False) -> str:
    """Escape a value for Grafana in a title, legend or text; `text_before/after`: whether something adjoins it."""
    if "$" not in value and "[" not in value and "{" not in value:
        return value
    signs = _SHOWN_BEFORE_TEXT if text_after else _SHOWN_INSIDE
    inert = signs.sub(r"\g<0>" + WORD_JOINER, value)
    return WORD_JOINER + inert if text_before and inert[:1] in ("[", "{") else inert


def markdown(value: str) -> str:
    """Write a value as Markdown that shows exactly it; entities can stand for no structure (CommonMark 6.2)."""
    return _MARKDOWN.sub(_as_entity, value)


def html(value: str) -> str:
    """Write a value as HTML text or attribute that shows exactly it."""
    return _HTML.sub(_as_entity, value)


def url_part(value: str) -> str:
    """Write a value as a part of a URL: it can add no path, query or fragment."""
    return quote(value, safe=":@,~")


def url_start(value: str) -> str:
    """Check a value a URL begins with; raises ValueError unless it is http(s), so that no link runs a script."""
    if not re.match(r"https?://[^\s/]", value, re.IGNORECASE):
        raise ValueError(f"{value[:60]!r} cannot begin a link; it must begin with http:// or https://")
    return re.sub(r"[\x00-\x20$<>\"'`\\{}\x7f]|\[(?=\[)", lambda found: quote(found.group(), safe=""), value)


def _as_hex(found: re.Match[str]) -> str:
    return f"\\x{ord(found.group()):02x}"


def _as_entity(found: re.Match[str]) -> str:
    return f"&#{ord(found.group())};"
