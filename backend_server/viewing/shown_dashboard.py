"""The dashboard JSON of the public route: without queries, and with the link's refresh, time and picker. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from backend_server.documents import strip_queries
from backend_server.errors import InvalidInput
from backend_server.links import Link, LinkProfile
from backend_server.primitives.durations import format_duration_ms, parse_duration_ms

# Grafana's own choice of a refresh picker, and the least it takes.
_GRAFANA_INTERVALS = ("5s", "10s", "30s", "1m", "5m", "15m", "30m", "1h", "2h", "1d")
_LEAST_REFRESH_MS = 5000
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


def shown_dashboard(dashboard: Mapping[str, Any], profile: LinkProfile) -> dict[str, Any]:
    """Return what a visitor's page may have of a dashboard, as this link shows it."""
    shown = strip_queries(dashboard)
    shown.pop("id", None)
    shown["refresh"] = "" if profile.refresh == "off" else profile.refresh
    shown["time"] = {"from": profile.time_from, "to": profile.time_to}
    timepicker = dashboard.get("timepicker")
    shown["timepicker"] = {**(timepicker if isinstance(timepicker, Mapping) else {}), "hidden": not profile.picker}
    return shown


def relayed_dashboard(dashboard: Mapping[str, Any], profile: LinkProfile) -> dict[str, Any]:
    """Return the same for Grafana's page, which starts no timer for a refresh that its picker does not offer."""
    shown = shown_dashboard(dashboard, profile)
    refresh_ms = grafana_refresh_ms(profile)
    shown["refresh"] = _one_unit(refresh_ms) if refresh_ms else ""
    offered = shown["timepicker"].get("refresh_intervals")
    if not isinstance(offered, list) or not offered:
        offered = list(_GRAFANA_INTERVALS)
    if refresh_ms and shown["refresh"] not in offered:
        offered = sorted({*map(str, offered), shown["refresh"]}, key=_length_ms)
    shown["timepicker"]["refresh_intervals"] = offered
    # A live dashboard draws every frame again between two answers, for nothing.
    shown["liveNow"] = False
    return shown


def grafana_refresh_ms(profile: LinkProfile) -> int:
    """Return how often Grafana's page asks; 0 for never."""
    return 0 if profile.refresh == "off" else max(_LEAST_REFRESH_MS, _length_ms(profile.refresh))


def _length_ms(text: str) -> int:
    try:
        return parse_duration_ms(text)
    except InvalidInput:
        return 0


def _one_unit(milliseconds: int) -> str:
    """Write an interval as Grafana reads one: a number and a unit."""
    written = format_duration_ms(milliseconds // 1000 * 1000)
    return written if written[:-1].isdigit() else f"{milliseconds // 1000}s"


def grafana_meta(link: Link, title: str, version: int = 1) -> dict[str, Any]:
    """Return the `meta` Grafana answers beside a public dashboard."""
    created = datetime.fromtimestamp(link.created_at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    never = dict.fromkeys(("canSave", "canEdit", "canAdmin", "canStar", "canDelete", "hasAcl", "isFolder"), False)
    empty = dict.fromkeys(("url", "updatedBy", "createdBy", "folderUid", "folderTitle", "folderUrl"), "")
    return {
        **never,
        **empty,
        "type": "db",
        "slug": _NOT_SLUG.sub("-", title.lower()).strip("-"),
        "expires": "0001-01-01T00:00:00Z",
        "created": created,
        "updated": created,
        "version": version,
        "folderId": 0,
        "provisioned": False,
        "provisionedExternalId": "",
        "annotationsPermissions": None,
        "publicDashboardEnabled": True,
    }
