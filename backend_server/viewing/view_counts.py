"""Counting views: in memory, written once a minute by who runs us, so that no visitor waits for the database."""

from __future__ import annotations

import threading
from collections.abc import Callable

from backend_server.errors import DashwrightError

from .model import Hits
from .ports import ViewStore

_MOST_LINKS = 50_000


class ViewCounts:
    """Counts views and refusals per link id until `flush`.

    `on_failure` hears of a write that failed (the counts are kept), `on_visit` of each visit at once: None, or the
    reason of a refusal.
    """

    def __init__(
        self,
        store: ViewStore,
        *,
        on_failure: Callable[[DashwrightError], None] = lambda failure: None,
        on_visit: Callable[[str | None], None] = lambda reason: None,
    ) -> None:
        self._store = store
        self._on_failure = on_failure
        self._on_visit = on_visit
        self._lock = threading.Lock()
        self._hits: dict[str, Hits] = {}

    def viewed(self, link_id: str, now_ms: int) -> None:
        """Count one page given out."""
        self._on_visit(None)
        with self._lock:
            self._keep(link_id, self._of(link_id).viewed(now_ms))

    def refused(self, link_id: str | None, reason: str) -> None:
        """Count one request refused, by reason; of a link that is not there (None) nothing is written."""
        self._on_visit(reason)
        if link_id is not None:
            with self._lock:
                self._keep(link_id, self._of(link_id).refused_for(reason))

    def flush(self) -> None:
        """Write what was counted; what cannot be written is kept for the next time."""
        with self._lock:
            taken, self._hits = self._hits, {}
        if not taken:
            return
        try:
            self._store.add_views(taken)
        except DashwrightError as failure:
            self._on_failure(failure)
            with self._lock:
                for link_id, hits in taken.items():
                    self._keep(link_id, hits.plus(self._of(link_id)))

    def _of(self, link_id: str) -> Hits:
        return self._hits.get(link_id, Hits())

    def _keep(self, link_id: str, hits: Hits) -> None:
        # A flood of links with no database to write to: counts are worth less than memory.
        if link_id in self._hits or len(self._hits) < _MOST_LINKS:
            self._hits[link_id] = hits
