"""The shapes of what the next pass would do."""

from __future__ import annotations

from ..base import Answer


class PlanStep(Answer):
    uid: str
    title: str
    file: str


class PlanAnswer(Answer):
    """What the next pass would do."""

    steps: list[PlanStep]
    held: list[PlanStep]
    unchanged: int
    documents: int
