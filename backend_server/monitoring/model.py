"""The words of health: one component's level and what is said of it, the whole's verdict, and who leads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

# The container's own layer, and memory: gone with the container or the machine's next start.
VANISHING = frozenset({"overlay", "overlayfs", "aufs", "tmpfs", "ramfs"})


class Level(IntEnum):
    """One component's state, the worst being the highest; `DOWN` makes the whole not ready, `DEGRADED` does not."""

    OK = 0
    DEGRADED = 1
    DOWN = 2

    @property
    def word(self) -> str:
        """Return the level as it stands in answers."""
        return self.name.lower()


class Verdict(StrEnum):
    """The whole service's state."""

    READY = "ready"
    DEGRADED = "degraded"
    NOT_READY = "not_ready"

    @classmethod
    def of(cls, levels: Iterable[Level]) -> Verdict:
        """Return the verdict that follows from the components' levels."""
        return {Level.OK: cls.READY, Level.DEGRADED: cls.DEGRADED, Level.DOWN: cls.NOT_READY}[max(levels)]


@dataclass(frozen=True, slots=True)
class Part:
    """The report on one component: its level, a sentence, and facts that are safe for everyone."""

    level: Level
    message: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Return the component as it stands in the answer."""
        shown: dict[str, object] = {"status": self.level.word}
        if self.message:
            shown["message"] = self.message
        return {**shown, **self.facts}


@dataclass(frozen=True, slots=True)
class LeaseState:
    """A lease's present state; `held` is False once it has expired."""

    holder: str
    fencing: int
    held: bool


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What the worker that leads by `fencing` last said of itself; `passed` once it has finished a pass."""

    fencing: int
    passed: bool
    at: int
    last_pass_at: int | None = None


@dataclass(frozen=True, slots=True)
class GrafanaHealth:
    """What Grafana's health says to anybody; `version` is None where it is hidden."""

    ok: bool
    version: str | None
