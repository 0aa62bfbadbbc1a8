"""The packs that ship, read from their files."""

from __future__ import annotations

from backend_server.errors import NotFound
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


def shipped_pack(name: str) -> Pack:
    """Return one pack; raises NotFound naming those there are."""
    packs = shipped_packs()
    found = next((pack for pack in packs if pack.name == name), None)
    if found is None:
        there = ", ".join(pack.name for pack in packs)
        raise NotFound(f"There is no pack {name[:40]!r}; there are: {there}.", details={"pack": name[:40]})
    return found
