"""JSON as it may stand inside a script element. Pure."""

from __future__ import annotations

import orjson

_ESCAPES = (
    ("<", "\\u003c"),
    (">", "\\u003e"),
    ("&", "\\u0026"),
    ("\u2028", "\\u2028"),
    ("\u2029", "\\u2029"),
)


def in_script(value: object) -> str:
    """Write a value so that nothing in it can end the script element it stands in."""
    text = orjson.dumps(value).decode()
    for letter, escaped in _ESCAPES:
        text = text.replace(letter, escaped)
    return text
