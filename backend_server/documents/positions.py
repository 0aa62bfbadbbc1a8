"""Where in a JSON text a value stands: line and column of every path, for messages people can act on."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from zlib import crc32

_BLANK = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"')
_MOST_KEY = 80
_SCALAR = re.compile(r"[^\s,\]}]+")


@dataclass(frozen=True, slots=True)
class SourcePosition:
    """A value's place: its path (`panels[0].targets[1].expr`), line and column from 1, offset in the text from 0."""

    path: str
    line: int
    column: int
    offset: int


def join_path(path: str, key: str | int) -> str:
    """Add a key or an index to a JSON path."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    if len(key) > _MOST_KEY:
        # Below a long key every path would hold all of it. The sum keeps equal beginnings apart.
        key = f"{key[:_MOST_KEY]}…{crc32(key.encode(errors='surrogatepass')):08x}"
    if not re.fullmatch(r"[\w-]+", key):
        return f"{path}[{key!r}]"
    return f"{path}.{key}" if path else key


def nearest_known(path: str, known: Container[str]) -> str:
    """Return the path, or the nearest of its holders that is known; "" when none is."""
    while path and path not in known:
        path = _holder(path)
    return path


def _holder(path: str) -> str:
    return path[: max(path.rfind("."), path.rfind("["), 0)]


def positions(text: str) -> dict[str, SourcePosition]:
    """Map each path of a valid JSON text to where its value begins."""
    return {place.path: place for place in _walk(text)}


def places_of(paths: Iterable[str], text: str) -> list[SourcePosition]:
    """Return the place of each path in a valid JSON text, or of its nearest holder that is there."""
    holders: set[str] = {""}
    asked = list(paths)
    for path in asked:
        holder = path
        while holder and holder not in holders:
            holders.add(holder)
            holder = _holder(holder)
    known = {place.path: place for place in _walk(text) if place.path in holders}
    return [known[nearest_known(path, known)] for path in asked]


def repeated_keys(text: str) -> list[SourcePosition]:
    """Return the places where an object names a key it already has; a JSON reader would silently drop the first."""
    seen: set[int] = set()  # sums of paths, since all paths of a large text together are far larger
    found = []
    for place in _walk(text):
        if hash(place.path) in seen:
            found.append(place)
        seen.add(hash(place.path))
    return found


def _walk(text: str) -> Iterator[SourcePosition]:
    lines = [0, *(found.end() for found in re.finditer(r"\n", text))]
    line = 0
    # Each open container: its path, and the index in a list or None in an object.
    stack: list[tuple[str, int | None]] = []
    at = _skip(text, 0)
    path = ""
    while at < len(text):
        while line + 1 < len(lines) and lines[line + 1] <= at:
            line += 1
        yield SourcePosition(path, line + 1, at - lines[line] + 1, at)
        opening = text[at]
        if opening in "{[":
            stack.append((path, 0 if opening == "[" else None))
            at = _skip(text, at + 1)
        elif opening == '"':
            at = _skip(text, _after_string(text, at))
        else:
            scalar = _SCALAR.match(text, at)
            at = _skip(text, scalar.end() if scalar else at + 1)
        while stack and at < len(text) and text[at] in "]}":
            stack.pop()
            at = _skip(text, at + 1)
        if not stack or at >= len(text):
            return
        holder, index = stack[-1]
        if text[at] == ",":
            at = _skip(text, at + 1)
            if index is not None:
                index += 1
                stack[-1] = (holder, index)
        if index is not None:
            path = join_path(holder, index)
        else:
            end = _after_string(text, at)
            path = join_path(holder, json.loads(text[at:end]))
            at = _skip(text, _skip(text, end) + 1)  # over the colon


def _skip(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return blank.end() if blank else at


def _after_string(text: str, at: int) -> int:
    found = _STRING.match(text, at)
    return found.end() if found else at + 1
