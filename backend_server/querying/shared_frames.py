"""Grafana's frames of an answer, made once for all who ask for them."""

from __future__ import annotations

import orjson

from .answer_cache import MOST_KEPT_SECONDS, AnswerCache
from .frames import frames_of
from .model import QueryAnswer


class SharedFrames:
    """Remembers frames as bytes for as long as the answer they were made of may be asked for."""

    def __init__(self) -> None:
        self._cache: AnswerCache[bytes] = AnswerCache()

    def of(self, answer: QueryAnswer) -> bytes:
        """Return the JSON of a good answer's frames."""
        query = answer.query
        question = (answer.fetched, query.ref_id, query.legend, query.step_ms)
        return self._cache.get(question, MOST_KEPT_SECONDS, lambda: orjson.dumps(frames_of(query, answer.body)))
