"""Guessing the known word that somebody meant who wrote another."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_MOST_COMPARED = 80  # of a word's characters: comparing takes time that grows with the square of its length


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that looks most like this one; None when none does."""
    near = difflib.get_close_matches(word[:_MOST_COMPARED], list(known), n=1)
    return near[0] if near else None


def did_you_mean(word: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """Return a sentence's end: `; did you mean 'x'?`, else all known words after `otherwise`, without it nothing."""
    words = [str(other) for other in known]  # members of an enum are printed as the text they are
    meant = nearest(word, words)
    if meant is not None:
        return f"; did you mean {meant!r}?"
    return f"; {otherwise} {', '.join(words)}" if otherwise else ""
