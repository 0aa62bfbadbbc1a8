"""Change numbers by topic: a write names what it touches, so that memories of other things stay as they are.

A topic's number is that of the last write which touched it. A process of an earlier version names no topics: then
`topics_change` falls behind `change`, and until the next write that names its own every topic counts as touched.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import IntEnum

from sqlalchemy import Column, ColumnElement, case

from ..schema import store


class Topic(IntEnum):
    """What a memory may depend on; the value is the topic's place in `ChangeNumbers`."""

    DEVICES = 1
    LINKS = 2  # and the documents they point at
    ACCOUNTS = 3
    TEMPLATES = 4


ChangeNumbers = Sequence[int]
"""The number of the last write, then the number of each topic."""

_COLUMNS: Mapping[Topic, Column[int]] = {topic: store.c[f"{topic.name.lower()}_change"] for topic in Topic}
NUMBER_COLUMNS = ", ".join(("change", "topics_change", *(column.name for column in _COLUMNS.values())))


def numbers_of(row: Sequence[int]) -> ChangeNumbers:
    """Return the numbers of a row of `NUMBER_COLUMNS`."""
    change, topics_change, *topics = row
    return (change, *(topics if topics_change == change else (change for _ in topics)))


def moved(topics: Collection[Topic]) -> dict[str, ColumnElement[int]]:
    """Return the values of the store's row after a write that touches these topics."""
    change = store.c.change + 1
    all_named = store.c.topics_change == store.c.change
    return {
        "change": change,
        "topics_change": change,
        **{
            column.name: change if topic in topics else case((all_named, column), else_=change)
            for topic, column in _COLUMNS.items()
        },
    }
