"""How often a dashboard is refreshed and which range it shows, as far as its own settings are valid."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from backend_server.errors import InvalidInput
from backend_server.primitives.durations import parse_duration_ms

# What a dashboard gets that says nothing itself.
USUAL_REFRESH = "5s"
USUAL_FROM = "now-1h"
USUAL_TO = "now"

# Grafana's own words for a relative time: now, now-6h, now-1d/d, now/w; now-1M/fQ is not among them.
_RELATIVE = re.compile(r"now(?:[+-]\d{1,6}[smhdwMy])*(?:/[smhdwMy])?")
_EPOCH_MS = re.compile(r"\d{1,15}")
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class OwnTimes:
    """A dashboard's own refresh ("off" for none), and its range; where it has none that can be used, the usual ones."""

    refresh: str = USUAL_REFRESH
    time_from: str = USUAL_FROM
    time_to: str = USUAL_TO


def own_times(dashboard: Mapping[str, object]) -> OwnTimes:
    """Return a dashboard's own refresh and range."""
    time = dashboard.get("time")
    own = time if isinstance(time, Mapping) else {}
    if not (_is_dashboard_time(own.get("from")) and _is_dashboard_time(own.get("to"))):
        return OwnTimes(own_refresh(dashboard))
    return OwnTimes(own_refresh(dashboard), str(own["from"]), str(own["to"]))


def own_refresh(dashboard: Mapping[str, object]) -> str:
    """Return how often a dashboard is refreshed: a duration or "off"; one that does not say gets the usual."""
    found = dashboard.get("refresh")
    if found in ("", False):
        return "off"
    return str(found) if is_refresh(found) else USUAL_REFRESH


def is_refresh(value: object) -> bool:
    """Whether this is a duration from 1s to 1d, or "off"."""
    if value == "off":
        return True
    try:
        return isinstance(value, str) and len(value) <= 16 and 1000 <= parse_duration_ms(value) <= _DAY_MS
    except InvalidInput:
        return False


def is_time(value: object) -> bool:
    """Whether this is a relative time as Grafana writes it, or epoch milliseconds as text."""
    if not isinstance(value, str) or len(value) > 40:
        return False
    return _RELATIVE.fullmatch(value) is not None or _EPOCH_MS.fullmatch(value) is not None


def _is_dashboard_time(value: object) -> bool:
    """Whether this is a time as dashboards hold one: also a moment with its zone (ISO 8601)."""
    if is_time(value):
        return True
    try:
        return isinstance(value, str) and len(value) <= 40 and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
