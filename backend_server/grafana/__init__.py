"""Grafana's HTTP API: the calls we make by name, the calls of visitors as they are, and what each error means."""

from .client import GrafanaClient, LoadedDashboard
from .errors import (
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
from .public import PublicChange, PublicDashboard, plan_public, settle_public

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
    "StillProvisioned",
    "plan_public",
    "settle_public",
]
