"""What is published as it is, put together."""

from __future__ import annotations

from functools import partial

from backend_server.datasources.prometheus_metadata import seen_metrics
from backend_server.provisioning.packs import shipped_packs
from backend_server.publishing import GeneratedDashboards, Packs
from backend_server.registry import StaticDocuments
from backend_server.settings import Settings


def build_generated(settings: Settings, published: StaticDocuments) -> GeneratedDashboards:
    """Build the publisher of generated dashboards."""
    return GeneratedDashboards(published, partial(seen_metrics, settings.prometheus_url))


def build_packs(published: StaticDocuments) -> Packs:
    """Build the installer of the packs that ship."""
    return Packs(published, shipped_packs)


__all__ = ["build_generated", "build_packs", "seen_metrics"]
