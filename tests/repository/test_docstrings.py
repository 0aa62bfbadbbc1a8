"""Docstrings of functions begin as the field's do: "Return …", "Whether …", "Raise …", or the verb of what is done."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

BACKEND = Path(__file__).parents[2] / "backend_server"
# Return, Whether, Return or Raise, Acquire or Run, Ensure, Allow or Release, and Return stand for them.
PRIVATE_VERBS = {"Give", "Say", "Tell", "Take", "Have", "Let", "Word"}


def first_words(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and first word of each function's docstring."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node)
            if docstring:
                yield node.lineno, docstring.split()[0].rstrip(".,;:")


def is_private(word: str) -> bool:
    return word in PRIVATE_VERBS or word in {"Has"} | {f"{verb}s" for verb in PRIVATE_VERBS}


def test_no_docstring_begins_with_a_private_verb() -> None:
    wrong = [
        f"{path.relative_to(BACKEND.parent)}:{line}: {word}"
        for path in sorted(BACKEND.rglob("*.py"))
        for line, word in first_words(path.read_text(encoding="utf-8"))
        if is_private(word)
    ]
    assert wrong == []


def test_a_private_verb_is_seen_in_methods_too() -> None:
    source = 'class A:\n    def b(self):\n        """Gives it."""\n    async def c(self):\n        """Return it."""\n'
    assert [(line, is_private(word)) for line, word in first_words(source)] == [(2, True), (4, False)]
