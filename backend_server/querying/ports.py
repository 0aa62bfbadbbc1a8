"""What running queries needs from outside; `datasources` fits it and `wiring` joins them."""

from __future__ import annotations

from typing import Protocol


class MetricsSource(Protocol):
    """One Prometheus. Raises UpstreamError in words that anybody may read."""

    def instant(self, query: str, time_ms: int) -> bytes:
        """Evaluate at one instant; return the answer's JSON as it came."""
        ...

    def range(self, query: str, from_ms: int, to_ms: int, step_ms: int) -> bytes:
        """Evaluate over a range, both ends included; return the answer's JSON as it came."""
        ...


class MetricsSources(Protocol):
    """The datasources by uid."""

    def find(self, uid: str, kind: str) -> MetricsSource | None:
        """Find the datasource of a document's reference; an empty uid is the default one."""
        ...
