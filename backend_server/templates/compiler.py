"""Turning a dashboard with placeholders into bytes and slots, once; filling is then a join of byte strings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import orjson

from backend_server.documents.escape_context import Step, escape_context_of
from backend_server.documents.panels import panel_name
from backend_server.documents.positions import join_path
from backend_server.errors import MOST_SHOWN, Problem
from backend_server.primitives.canonical_json import canonical_bytes

from .expressions import BadExpression, BadValue, Evaluate, Expression, compile_expression
from .filters import FilterFault, text_of
from .placeholders import Placeholder, UnclosedPlaceholder, has_placeholder, split_text
from .writers import Misplaced, Writer, exact_writer, writers_for

Cell = Callable[[Any], bytes]
TextMaker = Callable[[Any], str]

MOST_EXPRESSIONS = 2000
"""How many different placeholders a template may hold: compiling one takes a good part of a millisecond."""


@dataclass(frozen=True, slots=True)
class Use:
    """Where a cell was first used, for messages: JSON path, panel's title or None, field, placeholder."""

    path: str
    panel: str | None
    field: str
    placeholder: str
    reads: frozenset[str]

    @property
    def where(self) -> str:
        """Return the place as people read it, e.g. `panel 'Uplink', field expr`."""
        return f"panel {self.panel!r}, field {self.field}" if self.panel else f"field {self.path}"


class Compiler:
    """Collects the slots of one template; equal expressions written equally share one cell, evaluated once per fill."""

    def __init__(self, root: str, *, first_number: int = 0) -> None:
        self.first_number = first_number
        self.cells: list[Cell] = []
        self.uses: list[Use] = []
        self.uses_of_texts: list[Use] = []
        self.problems: list[Problem] = []
        self._root = root
        self._known: dict[tuple[str, str, str], int] = {}
        self._expressions: dict[str, Expression] = {}
        self._compiled = 0

    def prepare(self, value: object, steps: tuple[Step, ...] = (), path: str = "") -> Any:
        """Copy a JSON value with every placeholder replaced by a mark; problems are collected, not raised."""
        if isinstance(value, str):
            return self._prepare_text(value, steps, path) if has_placeholder(value) else value
        if isinstance(value, Mapping):
            for key in value:
                if has_placeholder(key):
                    self.problems.append(
                        Problem(join_path(path, key), "is a key with a placeholder; placeholders stand in values only")
                    )
            return {
                key: self.prepare(inner, (*steps, Step(value, key)), join_path(path, key))
                for key, inner in value.items()
            }
        if isinstance(value, list):
            return [
                self.prepare(inner, (*steps, Step(value, index)), join_path(path, index))
                for index, inner in enumerate(value)
            ]
        return value

    def text(self, value: str, path: str) -> TextMaker:
        """Compile a text kept character by character, such as a title or a tag, to a function of the subject."""
        made: list[str | Evaluate] = []
        try:
            pieces = split_text(value)
            for piece in pieces:
                if isinstance(piece, str):
                    made.append(piece)
                    continue
                expression = self._expression(piece)
                writer = exact_writer(expression.escape)
                made.append(_part_text(expression.evaluate, writer))
                self.uses_of_texts.append(Use(path, None, path, str(piece), expression.reads))
        except UnclosedPlaceholder as fault:
            self._refuse(path, None, path, f"{fault} is not closed with >>")
        except BadExpression as fault:
            self._refuse(path, None, path, str(fault))
        return lambda subject: "".join(piece if isinstance(piece, str) else str(piece(subject)) for piece in made)

    def cell(self, key: tuple[str, str, str], make: Callable[[], Cell], use: Use) -> int:
        """Return the number of the cell with this key, which is created if it is new."""
        number = self._known.get(key)
        if number is None:
            number = self._known[key] = self.first_number + len(self.cells)
            self.cells.append(make())
            self.uses.append(use)
        return number

    def _prepare_text(self, text: str, steps: tuple[Step, ...], path: str) -> str:
        panel = _panel_above(steps)
        field = next((step.key for step in reversed(steps) if isinstance(step.key, str)), path)
        try:
            pieces = split_text(text)
            placeholders = [piece for piece in pieces if isinstance(piece, Placeholder)]
            expressions = [self._expression(placeholder) for placeholder in placeholders]
            writers = writers_for(escape_context_of(steps), pieces, [expression.escape for expression in expressions])
        except UnclosedPlaceholder as fault:
            self._refuse(
                path, panel, str(field), f'{fault} is not closed with >>; for the sign itself write << "<<" >>'
            )
        except (Misplaced, BadExpression) as fault:
            self._refuse(path, panel, str(field), str(fault))
        else:
            whole = len(placeholders) == 1 and pieces[0] == pieces[2] == ""
            made = iter(
                self._mark(
                    expression, writer, Use(path, panel, str(field), str(placeholder), expression.reads), whole=whole
                )
                for placeholder, expression, writer in zip(placeholders, expressions, writers, strict=True)
            )
            return "".join(piece if isinstance(piece, str) else next(made) for piece in pieces)
        return text

    def _expression(self, placeholder: Placeholder) -> Expression:
        known = self._expressions.get(placeholder.source)
        if known is None:
            self._compiled += 1
            if self._compiled > MOST_EXPRESSIONS:
                raise BadExpression(f"is one too many: a template may hold {MOST_EXPRESSIONS} different placeholders")
            try:
                known = compile_expression(placeholder.source, self._root)
            except BadExpression as fault:
                raise BadExpression(f"{str(placeholder)[:MOST_SHOWN]} {fault}") from fault
            self._expressions[placeholder.source] = known
        return known

    def _mark(self, expression: Expression, writer: Writer, use: Use, *, whole: bool) -> str:
        make = _whole_cell if whole else _part_cell
        # Two sources may differ only in their escaping filter, which the writer's key holds.
        number = self.cell(
            (expression.source, writer.key, "whole" if whole else "part"),
            lambda: make(expression.evaluate, writer, keeps_type=expression.escape is None),
            use,
        )
        return mark(number, whole=whole)

    def _refuse(self, path: str, panel: str | None, field: str, message: str) -> None:
        where = f"panel {panel!r}, field {field}: " if panel else ""
        self.problems.append(Problem(path, where + message))


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Compiled bytes: `pieces` alternate between fixed bytes and gaps; `order` says which cell fills which gap."""

    pieces: list[bytes]
    order: tuple[int, ...]
    pick: Callable[[list[bytes]], tuple[bytes, ...]]

    @classmethod
    def of(cls, pieces: list[bytes], order: tuple[int, ...]) -> Skeleton:
        """Prepare the picking of values, so that filling is three calls into C whatever the number of gaps."""
        # itemgetter gives a tuple only for two and more.
        pick = itemgetter(*order) if len(order) > 1 else lambda values: tuple(values[number] for number in order)
        return cls(pieces, order, pick)

    def filled(self, values: list[bytes]) -> bytes:
        """Join the fixed bytes with one value per cell."""
        pieces = self.pieces.copy()
        pieces[1::2] = self.pick(values)
        return b"".join(pieces)


# Noncharacters of Unicode: valid in UTF-8, and never in text anybody writes.
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
_MARK = re.compile(f'"{_OPEN}w(\\d+){_CLOSE}"|{_OPEN}p(\\d+){_CLOSE}'.encode())


def mark(number: int, *, whole: bool) -> str:
    """Write the mark that `skeleton` finds: a whole value takes the quotes around it with it."""
    return f"{_OPEN}{'w' if whole else 'p'}{number}{_CLOSE}"


def has_mark(text: bytes) -> bool:
    """Whether a text already holds what would be taken for a mark."""
    return _OPEN.encode() in text


def skeleton(prepared: bytes) -> Skeleton:
    """Cut canonical bytes at their marks."""
    pieces: list[bytes] = []
    order: list[int] = []
    at = 0
    for match in _MARK.finditer(prepared):
        pieces += [prepared[at : match.start()], b""]
        order.append(int(match[1] or match[2]))
        at = match.end()
    pieces.append(prepared[at:])
    return Skeleton.of(pieces, tuple(order))


def _part_text(evaluate: Evaluate, writer: Writer) -> TextMaker:
    write = writer.write

    def fill(subject: Any) -> str:
        try:
            return write(text_of(evaluate(subject)))
        except FilterFault as fault:
            raise BadValue(str(fault)) from fault

    return fill


def _part_cell(evaluate: Evaluate, writer: Writer, *, keeps_type: bool) -> Cell:
    del keeps_type  # inside text everything is text
    fill = _part_text(evaluate, writer)
    return lambda subject: orjson.dumps(fill(subject))[1:-1]


def _whole_cell(evaluate: Evaluate, writer: Writer, *, keeps_type: bool) -> Cell:
    write = writer.write

    def fill(subject: Any) -> bytes:
        found = evaluate(subject)
        if isinstance(found, str):
            return orjson.dumps(write(found))
        try:
            return canonical_bytes(_written(found, write)) if keeps_type else orjson.dumps(write(text_of(found)))
        except FilterFault as fault:
            raise BadValue(str(fault)) from fault

    return fill


def _written(value: object, write: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return write(value)
    if isinstance(value, Mapping):
        return {str(key): _written(inner, write) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_written(inner, write) for inner in value]
    if isinstance(value, float) and value - value != 0:
        raise BadValue(f"gives {value}, which JSON cannot hold")
    if value is None or isinstance(value, bool | int | float):
        return value
    raise BadValue(f"gives a {type(value).__name__}, which JSON cannot hold")


def _panel_above(steps: tuple[Step, ...]) -> str | None:
    for above in range(len(steps) - 1, 1, -1):
        if steps[above - 2].key == "panels" and isinstance(steps[above].holder, Mapping):
            return panel_name(steps[above].holder)  # type: ignore[arg-type]  # narrowed by the line above
    return None
