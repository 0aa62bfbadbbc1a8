"""How many threads `web` has, and how many of them each sort of slow work may hold, in one place.

Health, the hook of an unchanged device, what is only read, and whatever is answered from memory go through the same
threads and have no share, so the rest is theirs. A thread that waits costs next to nothing, hence many that may queue.
"""

from __future__ import annotations

from dataclasses import dataclass

from backend_server.primitives.limits import ConcurrencyLimit


@dataclass(frozen=True, slots=True)
class Share:
    """The `threads` that one sort of work may hold; `at_once` work, the others wait for their turn, each so long."""

    threads: int
    at_once: int
    patience_seconds: float = 0.0

    def limit(self) -> ConcurrencyLimit:
        """Make what holds this work to its share."""
        return ConcurrencyLimit(self.at_once, queue=self.threads - self.at_once, patience_seconds=self.patience_seconds)


# Visitors' requests that ask a datasource or Grafana, or wait for what another one asks.
VISITORS = Share(64, at_once=16, patience_seconds=3.0)
# `?wait=`: requests that sit until something is true.
WAITING = Share(4, at_once=4)
# What computes for long: checks of templates and specs, generating, plans, inventories.
ANALYSES = Share(6, at_once=2, patience_seconds=3.0)
# Writers of the database, which come one after the other anyway; one that another process locks holds them for long.
WRITERS = Share(16, at_once=2, patience_seconds=3.0)

ALWAYS_FREE = 6
WEB_THREADS = VISITORS.threads + WAITING.threads + ANALYSES.threads + WRITERS.threads + ALWAYS_FREE
