"""The dashboard JSON of the public route: without queries, and with the link's refresh, time and picker. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from backend_server.documents import strip_queries
from backend_server.links import Link, LinkProfile

_NOT_SLUG = re.compile(r"[^a-z0-9]+")


def shown_dashboard(dashboard: Mapping[str, Any], profile: LinkProfile) -> dict[str, Any]:
    """Give what a visitor's page may have of a dashboard, as this link shows it."""
    shown = strip_queries(dashboard)
    shown.pop("id", None)
    shown["refresh"] = "" if profile.refresh == "off" else profile.refresh
    shown["time"] = {"from": profile.time_from, "to": profile.time_to}
    timepicker = dashboard.get("timepicker")
    shown["timepicker"] = {**(timepicker if isinstance(timepicker, Mapping) else {}), "hidden": not profile.picker}
    return shown


def grafana_meta(link: Link, title: str, version: int = 1) -> dict[str, Any]:
    """Give the `meta` Grafana answers beside a public dashboard."""
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
