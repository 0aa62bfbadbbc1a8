"""Reading a dashboard without loss, and saying plainly what is wrong when it is not one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import orjson

from backend_server.errors import InvalidInput, Problem
from backend_server.primitives.canonical_json import read_json

from .positions import positions, repeated_keys

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 100

# JSON readers keep integers of 64 bits; a longer one would come back as a rounded double.
_LONG_NUMBER = re.compile(rb"\d{18}")
_INTEGER = re.compile(r"-?\d+(?![\d.eE])")


def read_dashboard(source: bytes, *, what: str = "The dashboard") -> dict[str, Any]:
    """Read any v1 dashboard, unknown keys kept; raises InvalidInput with path, line and column.

    Refused with a remedy: a wrapped `{"dashboard": …}`, Kubernetes-style and v2 files, a byte-order mark, repeated
    keys, numbers that JSON readers would change, more than 16 MB, nesting beyond 100.
    """
    found = read_object(source, what=what)
    wrong = _not_classic(found)
    if wrong:
        raise InvalidInput([wrong], what=what)
    return found


def read_object(source: bytes, *, what: str = "The document") -> dict[str, Any]:
    """Read a JSON object without loss; the rules of `read_dashboard`, except what a dashboard must look like."""
    if len(source) > MAX_BYTES:
        raise InvalidInput([Problem("", f"is {len(source)} bytes; at most {MAX_BYTES} (Grafana's limit)")], what=what)
    if source.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        problem = Problem("", "begins with a byte-order mark, which Grafana refuses; save it as UTF-8 without it", 1, 1)
        raise InvalidInput([problem], what=what)
    found = read_json(source, what=what)
    if not isinstance(found, dict):
        raise InvalidInput([Problem("", "is not a JSON object", line=1, column=1)], what=what)
    if depth_of(found) > MAX_DEPTH:
        raise InvalidInput([Problem("", f"is nested deeper than {MAX_DEPTH} levels")], what=what)
    text = source.decode()
    numbers: list[str] | None = [] if _LONG_NUMBER.search(source) else None
    if _loses_something(text, numbers):
        # The walk that knows lines and columns is slow, so it is taken only when there is something to report.
        problems = [
            Problem(place.path, "stands twice in one object; remove one of the two", place.line, place.column)
            for place in repeated_keys(text)
        ]
        raise InvalidInput(problems + _changed_numbers(text), what=what)
    return found


def _not_classic(found: dict[str, Any]) -> Problem | None:
    if isinstance(found.get("dashboard"), dict) and "panels" not in found:
        return Problem("dashboard", "wraps the dashboard; save the object inside `dashboard` as the whole file")
    if "apiVersion" in found or ("spec" in found and "metadata" in found) or "elements" in found:
        return Problem(
            next(key for key in ("apiVersion", "spec", "elements") if key in found),
            "is a Kubernetes-style or v2 dashboard; export the classic (v1) JSON model instead: "
            "in Grafana, Export → Export as code → Classic, or `GET /api/dashboards/uid/{uid}`",
        )
    return None


def depth_of(value: object) -> int:
    """Count how deep objects and lists are nested; a scalar is 0, `{}` is 1."""
    deepest = 0
    level: list[object] = [value]
    while level:
        deepest += 1
        level = [inner for holder in level for inner in _values_of(holder) if isinstance(inner, (dict, list))]
    return deepest


def _values_of(holder: object) -> Iterable[object]:
    if isinstance(holder, dict):
        return holder.values()
    return holder if isinstance(holder, list) else ()


def _loses_something(text: str, numbers: list[str] | None) -> bool:
    repeated = False

    def pairs(found: list[tuple[str, Any]]) -> None:
        nonlocal repeated
        repeated = repeated or len({key for key, _ in found}) < len(found)

    def keep(number: str) -> int:
        if numbers is not None:
            numbers.append(number)
        return 0

    json.loads(text, object_pairs_hook=pairs, parse_int=keep if numbers is not None else None)
    return repeated or any(not _kept(number) for number in numbers or ())


def _changed_numbers(text: str) -> list[Problem]:
    problems = []
    for place in positions(text).values():
        number = _INTEGER.match(text, place.offset)
        if number and not _kept(number.group()):
            shown = number.group() if len(number.group()) <= 40 else number.group()[:40] + "…"
            message = f"{shown} has more digits than JSON readers keep; write it as a string"
            problems.append(Problem(place.path, message, place.line, place.column))
    return problems


def _kept(integer: str) -> bool:
    return len(integer) < 24 and bool(int(integer) == orjson.loads(integer))
