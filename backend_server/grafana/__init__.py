"""Grafana's HTTP API: the calls we make by name, the calls of visitors as they are, and what each error means."""

from backend_server.grafana.client import GrafanaClient, Health, LoadedDashboard
from backend_server.grafana.errors import (
    DashboardDamaged,
    DashboardMissing,
    GrafanaError,
    GrafanaFault,
    GrafanaForbidden,
    GrafanaOddAnswer,
    GrafanaTimeout,
    GrafanaUnauthorized,
    GrafanaUnreachable,
    PublicDashboardsOff,
    PublicExists,
    PublicMissing,
    PublicPaused,
    PublicRefused,
    PublicTokenTaken,
    PublicUidTaken,
    StillProvisioned,
)
from backend_server.grafana.public import ListedPublic, PublicChange, PublicDashboard, plan_public, settle_public
from backend_server.grafana.transport import RawAnswer

__all__ = [
    "DashboardDamaged",
    "DashboardMissing",
    "GrafanaClient",
    "GrafanaError",
    "GrafanaFault",
    "GrafanaForbidden",
    "GrafanaOddAnswer",
    "GrafanaTimeout",
    "GrafanaUnauthorized",
    "GrafanaUnreachable",
    "Health",
    "ListedPublic",
    "LoadedDashboard",
    "PublicChange",
    "PublicDashboard",
    "PublicDashboardsOff",
    "PublicExists",
    "PublicMissing",
    "PublicPaused",
    "PublicRefused",
    "PublicTokenTaken",
    "PublicUidTaken",
    "RawAnswer",
    "StillProvisioned",
    "plan_public",
    "settle_public",
]
