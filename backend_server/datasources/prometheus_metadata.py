"""What a Prometheus knows of its metrics: type, help, unit and labels, for `discover`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson

from backend_server.errors import UpstreamError
from backend_server.generator.spec.discover import SeenMetric, base_names, is_plain_name
from backend_server.outbound import Bounds, HttpClient, HttpRequest

from .prometheus import base_and_sign_in

_MAX_BYTES = 64 * 1024 * 1024
_RECENT_SECONDS = 300  # Prometheus' own look-back
_FORM = "application/x-www-form-urlencoded"


class PrometheusMetadata:
    """Asks one Prometheus, whose URL may hold user and password. Raises UpstreamError without naming the address."""

    def __init__(self, url: str, *, timeout_seconds: float = 30.0) -> None:
        self._base, self._headers = base_and_sign_in(url)
        self._timeout_seconds = timeout_seconds
        self._http = HttpClient("Prometheus", connections=2)

    def seen(self) -> list[SeenMetric]:
        """List every metric that has series now; those that only were there once are no longer worth a panel."""
        try:
            return self._seen()
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as fault:
            raise UpstreamError("What answers in Prometheus' place says something else than Prometheus.") from fault

    def _seen(self) -> list[SeenMetric]:
        names, at = self._names()
        metadata: Mapping[str, list[dict[str, str]]] = self._get("/api/v1/metadata")
        histograms = base_names(names)
        counting = self._counting() if histograms else set()
        found = []
        for name in sorted(self._described(names, metadata, histograms)):
            # OpenMetrics describes a counter without the `_total` that its series have.
            about = (metadata.get(name) or metadata.get(name.removesuffix("_total")) or [{}])[0]
            if not all(isinstance(about.get(part, ""), str) for part in ("type", "help", "unit")):
                raise TypeError("type, help and unit are texts")
            kind = "histogram" if name in histograms else about.get("type", "unknown")
            series = histograms.get(name, name)
            observed = kind != "histogram" or f"{name}_count" in counting
            # No spec can describe a name that a query cannot hold, so its labels are not asked for.
            labels = self._labels(series, at) if is_plain_name(series) else {}
            found.append(SeenMetric(name, kind, about.get("help", ""), about.get("unit", ""), labels, observed))
        return found

    def close(self) -> None:
        """Close the kept connections."""
        self._http.close()

    @staticmethod
    def _described(
        names: set[str], metadata: Mapping[str, list[dict[str, str]]], histograms: Mapping[str, str]
    ) -> set[str]:
        parts = {base + suffix for base in histograms for suffix in ("_bucket", "_sum", "_count")}
        summaries = {name for name, about in metadata.items() if about and about[0].get("type") == "summary"}
        parts |= {base + suffix for base in summaries for suffix in ("", "_sum", "_count")}
        ruled = {name for name in names if ":" in name or name in ("ALERTS", "ALERTS_FOR_STATE")}
        return (names - parts - ruled) | set(histograms)

    def _names(self) -> tuple[set[str], float]:
        """Return the names of all metrics with a sample within Prometheus' look-back, and its own time."""
        query = 'count by (__name__) ({__name__!=""})'
        answer = self._call("POST", "/api/v1/query", urlencode({"query": query}).encode())["result"]
        return {series["metric"]["__name__"] for series in answer}, float(answer[0]["value"][0]) if answer else 0.0

    def _counting(self) -> set[str]:
        """Return the `_count` series that have counted something."""
        query = 'sum by (__name__) ({__name__=~".+_count"}) > 0'
        answer = self._call("POST", "/api/v1/query", urlencode({"query": query}).encode())
        return {series["metric"]["__name__"] for series in answer["result"]}

    def _labels(self, series: str, at: float) -> dict[str, int]:
        """Count the values each label of a metric has had within the last minutes."""
        values: dict[str, set[str]] = defaultdict(set)
        asked = {
            "match[]": f'{{__name__="{series}"}}',
            "start": f"{at - _RECENT_SECONDS:.3f}",
            "end": f"{at:.3f}",
            "limit": "2000",
        }
        for labels in self._call("POST", "/api/v1/series", urlencode(asked).encode()):
            for label, value in labels.items():
                values[label].add(value)
        return {label: len(some) for label, some in values.items()}

    def _get(self, path: str) -> Any:  # the shape is each caller's
        return self._call("GET", path, None)

    def _call(self, method: str, path: str, body: bytes | None) -> Any:  # the shape is each caller's
        headers = self._headers if body is None else {**self._headers, "Content-Type": _FORM}
        # All of these only read, so a POST may be repeated as well.
        asked = HttpRequest(method, self._base + path, headers, body, repeatable=True)
        reply = self._http.send(asked, Bounds(self._timeout_seconds, _MAX_BYTES))
        try:
            answer = orjson.loads(reply.body)
        except orjson.JSONDecodeError as fault:
            raise UpstreamError(f"What answers in Prometheus' place is none (status {reply.status}).") from fault
        if reply.status != 200 or not isinstance(answer, dict) or answer.get("status") != "success":
            raise UpstreamError(f"Prometheus refused {method} {path} (status {reply.status}).")
        return answer["data"]


def seen_metrics(url: str) -> list[SeenMetric]:
    """Ask the Prometheus at an address what metrics it has; raises UpstreamError."""
    source = PrometheusMetadata(url)
    try:
        return source.seen()
    finally:
        source.close()
