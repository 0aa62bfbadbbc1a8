"""Counting views: in memory, written once a minute, so that a visitor's request never waits for the database."""

from __future__ import annotations

import threading
from collections.abc import Callable

from backend_server.errors import DashwrightError

from .model import Hits
from .ports import ViewStore

_MOST_LINKS = 50_000


class ViewCounts:
    """Counts views and refusals per link id. `on_failure` hears of a write that failed (the counts are kept).

    `on_visit` hears of each at once: None, or the reason of a refusal.
    """

    def __init__(
        self,
        store: ViewStore,
        *,
        every_seconds: float = 60.0,
        on_failure: Callable[[DashwrightError], None] = lambda failure: None,
        on_visit: Callable[[str | None], None] = lambda reason: None,
    ) -> None:
        self._store = store
        self._every_seconds = every_seconds
        self._on_failure = on_failure
        self._on_visit = on_visit
        self._lock = threading.Lock()
        self._hits: dict[str, Hits] = {}
        self._timer: threading.Timer | None = None

    def viewed(self, link_id: str, now_ms: int) -> None:
        """Count one page given out."""
        self._on_visit(None)
        with self._lock:
            hits = self._of(link_id)
            hits.views += 1
            hits.last_seen_ms = max(hits.last_seen_ms, now_ms)

    def refused(self, link_id: str | None, reason: str) -> None:
        """Count one request refused, by reason; of a link that is not there (None) nothing is written."""
        self._on_visit(reason)
        if link_id is None:
            return
        with self._lock:
            hits = self._of(link_id)
            hits.refused[reason] = hits.refused.get(reason, 0) + 1

    def flush(self) -> None:
        """Write what was counted; what cannot be written is kept for the next time."""
        with self._lock:
            taken, self._hits = self._hits, {}
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        if not taken:
            return
        try:
            self._store.add_views(taken)
        except DashwrightError as failure:
            self._on_failure(failure)
            self._keep(taken)

    close = flush

    def _of(self, link_id: str) -> Hits:
        if self._timer is None:
            self._timer = threading.Timer(self._every_seconds, self.flush)
            self._timer.daemon = True
            self._timer.start()
        if link_id not in self._hits and len(self._hits) >= _MOST_LINKS:
            return Hits()  # a flood of links with no database to write to: counts are worth less than memory
        return self._hits.setdefault(link_id, Hits())

    def _keep(self, taken: dict[str, Hits]) -> None:
        with self._lock:
            for link_id, old in taken.items():
                hits = self._of(link_id)
                hits.views += old.views
                hits.last_seen_ms = max(hits.last_seen_ms, old.last_seen_ms)
                for reason, count in old.refused.items():
                    hits.refused[reason] = hits.refused.get(reason, 0) + count
