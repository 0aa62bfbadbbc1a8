"""Metrics of links: by state, reason and action, never by link, device or visitor, so their number is bounded."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from backend_server.errors import DashwrightError

# Why a visitor may be refused; whatever else comes is counted as `other`.
REASONS = frozenset(
    {
        *(
            "unknown",
            "malformed",
            "pending",
            "failed",
            "withdrawn",
            "paused",
            "not_yet",
            "expired",
            "revoked",
            "rotated",
        ),
        *("foreign_frame", "locked", "wrong_password", "too_many_guesses", "unavailable", "unreadable"),
    }
)
_REMEMBER_SECONDS = 15.0
Standing = tuple[Mapping[str, int], bool]


class LinkMetrics:
    """Counts events; present states are read from the database at each scrape."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._views = Counter("dashwright_link_views", "Dashboards given to visitors.", registry=registry)
        self._refused = Counter(
            "dashwright_link_refusals", "Visitors' requests refused, by reason.", ("reason",), registry=registry
        )
        self._changes = Counter("dashwright_link_changes", "Changes of links, by action.", ("deed",), registry=registry)

    def visited(self, reason: str | None) -> None:
        """Count a visit; `reason` is why it was refused, None when it was not."""
        if reason is None:
            self._views.inc()
        else:
            self._refused.labels(reason if reason in REASONS else "other").inc()

    def changed(self, action: str) -> None:
        """Count an action such as `link.pause`; there are as many as the registry has."""
        self._changes.labels(action).inc()

    def ask_at_scrape(self, standing: Callable[[], Standing]) -> None:
        """Report links by state, and the switch, at each scrape, read at most every few seconds."""
        self._registry.register(_Standing(standing))


class _Standing(Collector):
    def __init__(self, ask: Callable[[], Standing]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._asked_at = float("-inf")
        self._known: Standing | None = None

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Name the metrics without asking: registering must not need the database."""
        return (self._links(), self._switch())

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Return the metrics; none while the database is away."""
        known = self._current()
        if known is None:
            return
        links, switch = self._links(), self._switch()
        for state, count in known[0].items():
            links.add_metric([state], count)
        switch.add_metric([], float(known[1]))
        yield links
        yield switch

    def _current(self) -> Standing | None:
        with self._lock:
            now = time.monotonic()
            if now - self._asked_at >= _REMEMBER_SECONDS:
                self._asked_at = now
                try:
                    self._known = self._ask()
                except DashwrightError:
                    self._known = None
            return self._known

    @staticmethod
    def _links() -> GaugeMetricFamily:
        return GaugeMetricFamily("dashwright_links", "Links by state.", labels=("state",))

    @staticmethod
    def _switch() -> GaugeMetricFamily:
        return GaugeMetricFamily("dashwright_links_on", "Whether links are on as a whole.", labels=())
