"""What people read of a link's state: one file, read by the pages' scripts as well (`frontend/src/words`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from .shipped import shipped


@dataclass(frozen=True, slots=True)
class StateWords:
    """The words of one state, or of one reason why a link shows nothing.

    Owners read the label in lists; visitors a page's title and text, or `open` where the page was shown before;
    programs the message of an error.
    """

    label: str
    title: str = ""
    text: str = ""
    open: str = ""
    message: str = ""


@cache
def link_state_words() -> Mapping[str, StateWords]:
    """Return the words by state or reason of refusal, read once."""
    source = shipped("frontend", "src", "words", "link-states.json").read_bytes()
    return {state: StateWords(**words) for state, words in json.loads(source).items()}


def state_label(state: str) -> str:
    """Return how owners read a state or a reason in a list."""
    found = link_state_words().get(state)
    return found.label if found else state.replace("_", " ").capitalize()
