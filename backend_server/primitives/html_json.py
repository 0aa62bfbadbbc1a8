"""JSON as it may stand inside a script element."""

from __future__ import annotations

_ESCAPES = (
    ("<", "\\u003c"),
    (">", "\\u003e"),
    ("&", "\\u0026"),
    ("\u2028", "\\u2028"),
    ("\u2029", "\\u2029"),
)


def script_json(data: bytes) -> str:
    """Escape JSON so that nothing in it can end the script element it stands in."""
    text = data.decode()
    for letter, escaped in _ESCAPES:
        text = text.replace(letter, escaped)
    return text
