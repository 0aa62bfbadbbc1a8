"""What somebody meant who wrote a word that is not known."""

from __future__ import annotations

import time
from enum import StrEnum

import pytest

from backend_server.primitives.suggestions import did_you_mean, nearest

WORDS = ("counter", "gauge", "histogram")


class Kind(StrEnum):
    COUNTER = "counter"


@pytest.mark.parametrize(("word", "meant"), [("conter", "counter"), ("gage", "gauge"), ("xyz", None), ("", None)])
def test_the_nearest_word_is_near(word: str, meant: str | None) -> None:
    assert nearest(word, WORDS) == meant


def test_a_sentence_ends_with_what_was_meant_or_with_all_there_is() -> None:
    assert did_you_mean("conter", WORDS) == "; did you mean 'counter'?"
    assert did_you_mean("conter", Kind) == "; did you mean 'counter'?"
    assert did_you_mean("xyz", WORDS) == ""
    assert did_you_mean("xyz", WORDS, otherwise="there are") == "; there are counter, gauge, histogram"


def test_a_long_word_is_compared_in_no_time() -> None:
    began = time.monotonic()
    nearest("ab" * 100_000, ["ab" * 40] * 100)
    assert time.monotonic() - began < 2
