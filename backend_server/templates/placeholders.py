"""Splitting a template's string into text that stays and placeholders `<< expression >>`."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Inside a placeholder: quoted text (which may hold `>>`), the end, or anything else. A quote that is not closed takes
# all that follows; to look for another reading at each quote would take time that grows with the square of the text.
_INSIDE = re.compile(r""""(?:[^"\\]|\\.)*+(?:"|\Z)|'(?:[^'\\]|\\.)*+(?:'|\Z)|(?P<end>>>)|.""", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One `<< expression >>`; `source` is the expression without the delimiters."""

    source: str

    def __str__(self) -> str:
        return f"<< {self.source} >>"


class UnclosedPlaceholder(Exception):
    """A `<<` has no `>>` in the same string."""


def split_text(text: str) -> list[str | Placeholder]:
    """Split into texts and placeholders that alternate, beginning and ending with a text (which may be empty)."""
    pieces: list[str | Placeholder] = []
    at = 0
    while (opening := text.find("<<", at)) >= 0:
        start = opening + 2
        for part in _INSIDE.finditer(text, start):
            if part["end"]:
                pieces += [text[at:opening], Placeholder(text[start : part.start()].strip())]
                at = part.end()
                break
        else:
            raise UnclosedPlaceholder(text[opening : opening + 40])
    pieces.append(text[at:])
    return pieces


def has_placeholder(text: str) -> bool:
    """Whether a text has the opening sign of a placeholder."""
    return "<<" in text
