"""JSON columns, written and read the same way on both databases."""

from __future__ import annotations

import orjson


def write_json_column(value: object) -> str:
    """Write a value for a JSON column; keys sorted, so that equal values are equal text."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def read_json_column(text: str | bytes) -> object:
    """Read a JSON column."""
    return orjson.loads(text)
