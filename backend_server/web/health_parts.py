"""The words of health: one component's level and what is said of it, and the whole's verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """The whole service's state."""

    READY = "ready"
    DEGRADED = "degraded"
    NOT_READY = "not_ready"


class Level(StrEnum):
    """One component's state; `DOWN` makes the whole not ready, `DEGRADED` does not."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Part:
    """What is said of one component: its level, a sentence, and facts that are safe for everyone."""

    level: Level
    message: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Return the component as it stands in the answer."""
        shown: dict[str, object] = {"status": self.level.value}
        if self.message:
            shown["message"] = self.message
        return {**shown, **self.facts}
