"""What people read of a link's state: one file, read by the pages' scripts as well (`frontend/src/words`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from .shipped import shipped


@dataclass(frozen=True, slots=True)
class StateWords:
    """The words of one state: a page's title and text, the text for a page that is open, and an error's message."""

    title: str
    text: str
    message: str
    open: str = ""


@cache
def link_state_words() -> Mapping[str, StateWords]:
    """Return the words by state or reason of refusal, read once."""
    source = shipped("frontend", "src", "words", "link-states.json").read_bytes()
    return {state: StateWords(**words) for state, words in json.loads(source).items()}
