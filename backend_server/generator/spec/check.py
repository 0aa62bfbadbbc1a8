"""Reading untrusted trees key by key, with every problem collected, placed and given a suggestion."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from backend_server.errors import MOST_PROBLEMS, InvalidInput, Problem
from backend_server.primitives.suggestions import did_you_mean
from backend_server.promql import check_promql, unusable
from backend_server.promql.check import MAX_LENGTH

from .yaml_tree import Tree

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
SLUG = re.compile(r"[a-z][a-z0-9_-]{0,63}")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
MAX_ITEMS = 100


class TreeReader:
    """Walks a tree and collects problems instead of stopping at the first."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.problems: list[Problem] = []

    def fault(self, path: str, message: str) -> None:
        """Record a problem at a path."""
        self.problems.append(self.tree.problem(path, message))

    def finish(self, what: str) -> None:
        """Raise InvalidInput with all problems, if there are any."""
        if self.problems:
            raise InvalidInput(self.problems, what=what)

    def mapping(
        self, value: object, path: str, *, allowed: Iterable[str], needed: Iterable[str] = ()
    ) -> dict[str, object]:
        """Return a mapping with only allowed keys; {} (and problems) when it is something else.

        A needed key without a value (`name:`) is a problem as if it were not there.
        """
        if not isinstance(value, dict):
            self.fault(path, f"is {_kind_of(value)}; it must be a mapping")
            return {}
        known = list(allowed)
        for key in value:
            if key not in known:
                told = key[:80]
                # Comparing words takes long, and what is not told needs no suggestion.
                meant = did_you_mean(key, known) if len(self.problems) < MOST_PROBLEMS else ""
                self.fault(f"{path}.{told}" if path else told, f"is not known here{meant}")
        for key in needed:
            if key not in value:
                self.fault(path, f"needs {key!r}")
            elif value[key] is None:
                self.fault(f"{path}.{key}" if path else key, f"needs {key!r}; it is empty")
        return value

    def listing(self, value: object, path: str) -> list[object]:
        """Return a list; [] for None, [] and a problem for anything else."""
        if value is None:
            return []
        if not isinstance(value, list):
            self.fault(path, f"is {_kind_of(value)}; it must be a list")
            return []
        return value

    def text(
        self,
        value: object,
        path: str,
        *,
        default: str = "",
        pattern: re.Pattern[str] | None = None,
        rule: str = "",
        most: int = 500,
    ) -> str:
        """Return text that fits the pattern; the default for None and for a fault."""
        if value is None:
            return default
        if not isinstance(value, str):
            self.fault(path, f"is {_kind_of(value)}; it must be text (put it in quotes)")
            return default
        if len(value) > most:
            self.fault(path, f"is {len(value)} characters long; at most {most}")
            return default
        if CONTROL.search(value):
            self.fault(path, "holds a control character; remove it")
            return default
        if pattern is not None and not pattern.fullmatch(value):
            self.fault(path, f"is {value[:80]!r}; it must be {rule}")
            return default
        return value

    def promql(self, value: object, path: str) -> str:
        """Return a checked expression that gives numbers; problems are reported at the value's place."""
        expr = self.text(value, path, most=MAX_LENGTH).strip()
        if not isinstance(value, str) or (value.strip() and not expr):
            return expr  # reported already, or not given
        faults = check_promql(expr, path=path)
        for fault in faults:
            # A block of YAML may fold lines, so the fault's own place is said in words beside the value's place.
            place = f" (at character {fault.column} of line {fault.line} of the expression)" if fault.line else ""
            self.fault(path, fault.message + place)
        why = None if faults else unusable(expr)
        if why:
            self.fault(path, why)
        return expr

    def choice(self, value: object, path: str, choices: Iterable[str], *, default: str) -> str:
        """Return one of the choices; the default for None and for a fault."""
        known = list(choices)
        if value is None:
            return default
        if value not in known:
            self.fault(
                path, f"is {str(value)[:80]!r}{did_you_mean(str(value), known)}; it must be one of {', '.join(known)}"
            )
            return default
        return str(value)

    def texts(
        self, value: object, path: str, check: Callable[[object, str], str], *, most: int = MAX_ITEMS
    ) -> tuple[str, ...]:
        """Return a list of checked texts without those at fault; a text given twice is a problem, so are too many."""
        items = self.listing(value, path)
        if len(items) > most:
            self.fault(path, f"are {len(items)}; at most {most}")
            return ()
        found: dict[str, None] = {}
        for index, item in enumerate(items):
            text = check(item, f"{path}[{index}]")
            if text in found:
                self.fault(f"{path}[{index}]", f"{text[:80]!r} is given twice")
            elif text:
                found[text] = None
            elif item is None or item == "":
                self.fault(f"{path}[{index}]", "is empty; write a text or leave the entry out")
        return tuple(found)


def _kind_of(value: object) -> str:
    names = {dict: "a mapping", list: "a list", str: "text", bool: "true or false", type(None): "empty"}
    return names.get(type(value), f"{value!r}"[:80])
