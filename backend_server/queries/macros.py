"""Grafana's macros in a query, expanded as its Prometheus back end does. Pure.

Known: `$__interval`, `$__interval_ms`, `$__rate_interval`, `$__rate_interval_ms`, `$__range`, `$__range_s`,
`$__range_ms`, each also as `${…}` (a format after `:` is ignored) and `[[…]]`.
"""

from __future__ import annotations

import re

from backend_server.primitives.durations import format_duration_ms

_NAMES = r"__(?:rate_interval_ms|rate_interval|interval_ms|interval|range_ms|range_s|range)"
_MACRO = re.compile(
    rf"\$({_NAMES})(?![A-Za-z0-9_])|\$\{{({_NAMES})(?::[^}}]*)?\}}|\[\[({_NAMES})(?::[^\]]*)?\]\]",
)


def rate_interval_ms(step: int, scrape_interval_ms: int) -> int:
    """Return `$__rate_interval`: at least four scrapes, so that a rate sees two samples even when one is late."""
    return max(step + scrape_interval_ms, 4 * scrape_interval_ms)


def expand(query: str, *, step: int, length_ms: int, scrape_interval_ms: int) -> str:
    """Expand the macros of a query for a step and a range, both in milliseconds."""
    if "__" not in query:
        return query
    rate = rate_interval_ms(step, scrape_interval_ms)
    length_s = round(length_ms / 1000)
    values = {
        "__interval": format_duration_ms(step),
        "__interval_ms": str(step),
        "__rate_interval": format_duration_ms(rate),
        "__rate_interval_ms": str(rate),
        "__range": f"{length_s}s",
        "__range_s": str(length_s),
        "__range_ms": str(length_ms),
    }
    return _MACRO.sub(lambda found: values[found.group(1) or found.group(2) or found.group(3)], query)
