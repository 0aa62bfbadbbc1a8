"""The packs that ship, read from their files."""

from __future__ import annotations

from backend_server.packs import Pack
from backend_server.primitives.shipped import shipped

from .generated import read_folder

_GENERATED = ("config", "grafana", "dashboards", "generated")


def shipped_packs() -> tuple[Pack, ...]:
    """Return every pack, with its dashboards."""
    return (
        Pack(
            "generated",
            "Example platform",
            "Thirteen dashboards of a market-data platform, generated from metrics/spec/base.yml.",
            "Example platform",
            read_folder(shipped(*_GENERATED)),
        ),
    )
