"""The values of viewing that effects share."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Hits:
    """What happened on one link since the last flush: counted in memory, then added to its rows."""

    views: int = 0
    last_seen_ms: int = 0
    refused: dict[str, int] = field(default_factory=dict)
