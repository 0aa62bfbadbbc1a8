"""Rows read into dataclasses by their fields, so that no list of columns stands beside them."""

from __future__ import annotations

from dataclasses import fields
from enum import Enum
from typing import Any, Generic, TypeVar, get_args, get_type_hints

from sqlalchemy import ColumnElement, Row, Table

T = TypeVar("T")


class RowReader(Generic[T]):
    """Reads rows into one dataclass: a column for each field, enums made of what is stored.

    A field's column is the one of `expressions`, else the first of the tables' that has its name. The last fields may
    be `given` to `read` rather than be columns.
    """

    def __init__(self, kind: type[T], *tables: Table, given: int = 0, **expressions: ColumnElement[Any]) -> None:
        names = [field.name for field in fields(kind)]  # type: ignore[arg-type]  # only dataclasses come here
        names = names[: len(names) - given]
        hints = get_type_hints(kind)
        self._kind = kind
        self.columns = tuple(_column(name, tables, expressions) for name in names)
        self._enums = [(place, members) for place, name in enumerate(names) if (members := _members(hints[name]))]

    def read(self, row: Row[Any], *given: object) -> T:
        """Return what a row of `columns` says, with the fields that are no columns."""
        values = list(row)
        for place, members in self._enums:
            values[place] = members[values[place]]
        return self._kind(*values, *given)


def _column(name: str, tables: tuple[Table, ...], expressions: dict[str, ColumnElement[Any]]) -> ColumnElement[Any]:
    if name in expressions:
        return expressions[name].label(name)
    return next(table.c[name] for table in tables if name in table.c)


def _members(hint: Any) -> dict[object, object]:
    """Return the members of a field's enum by what is stored of them; an optional one has None as well."""
    kinds = get_args(hint) or (hint,)
    members: dict[object, object] = {}
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, Enum):
            members |= {member.value: member for member in kind}
    return {None: None, **members} if members and type(None) in kinds else members
