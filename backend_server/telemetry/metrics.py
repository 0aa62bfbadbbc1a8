"""The service's own metrics, each with a bounded number of series."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

import backend_server

from .links import LinkMetrics


class Metrics:
    """One registry per application: two applications in one process (tests) never share a counter."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.requests = Counter(
            "dashwright_http_requests",
            "Answered requests by route pattern, never by path.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "dashwright_http_request_seconds",
            "Time from the first byte of a request to its answer.",
            ("route",),
            buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
            registry=self.registry,
        )
        self.waiting = Gauge("dashwright_waiting_requests", "Requests that sit in ?wait= now.", registry=self.registry)
        self.refused_sign_ins = Counter(
            "dashwright_refused_sign_ins", "Sign-ins refused, by reason.", ("reason",), registry=self.registry
        )
        self.devices = Gauge("dashwright_devices", "Devices by state.", ("state",), registry=self.registry)
        self.documents = Gauge("dashwright_documents", "Documents by state.", ("state",), registry=self.registry)
        self.refused_targets = Gauge(
            "dashwright_refused_scrape_targets",
            "Devices' addresses that Prometheus is not sent to, since they may not be reached.",
            registry=self.registry,
        )
        self.links = LinkMetrics(self.registry)
        build = Gauge("dashwright_build_info", "Version of the service.", ("version",), registry=self.registry)
        build.labels(backend_server.__version__).set(1)

    def exposition(self) -> bytes:
        """Write everything in Prometheus' text format."""
        return generate_latest(self.registry)
