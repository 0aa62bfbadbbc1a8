"""The datasources there are, by the names documents use for them."""

from __future__ import annotations

from .prometheus import PrometheusClient


class Datasources:
    """The provisioned Prometheus under each of its names; fits `querying.ports.MetricsSources`."""

    _NAMES = frozenset({"", "prometheus", "default", "-- Default --"})

    def __init__(self, prometheus: PrometheusClient) -> None:
        self._prometheus = prometheus

    def find(self, uid: str, kind: str) -> PrometheusClient | None:
        """Return the default Prometheus, or None for a datasource that is not ours."""
        return self._prometheus if uid in self._NAMES and kind in ("", "prometheus") else None
