"""Long lists in parts that one statement or one transaction can hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
ROWS_AT_ONCE = 500  # named in one statement: far below both databases' limits of parameters


def chunks(values: Sequence[T], size: int = ROWS_AT_ONCE) -> Iterator[Sequence[T]]:
    """Yield the values in order, at most `size` at a time; nothing for none."""
    return (values[start : start + size] for start in range(0, len(values), size))
