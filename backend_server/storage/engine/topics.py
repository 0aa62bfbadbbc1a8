"""Change numbers by topic: a write names what it touches, so that memories of other things stay as they are.

A topic's number is that of the last write which touched it. A process of an earlier version names no topics: then
`topics_change` falls behind `change`, and until the next write that names its own every topic counts as touched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum

from sqlalchemy import Column

from ..schema import store


class Topic(IntEnum):
    """What a memory may depend on; the value is the place of its number in `NUMBERS`."""

    DEVICES = 2
    LINKS = 3  # and the documents they point at
    ACCOUNTS = 4
    TEMPLATES = 5


ChangeNumbers = Sequence[int]  # a row of NUMBERS
COLUMNS: Mapping[Topic, Column[int]] = {topic: store.c[f"{topic.name.lower()}_change"] for topic in Topic}
NUMBERS = ", ".join(("change", "topics_change", *(column.name for column in COLUMNS.values())))
