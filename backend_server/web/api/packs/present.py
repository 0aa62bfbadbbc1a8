"""Packs in the API's words."""

from __future__ import annotations

from backend_server.publishing import PackStatus


def pack_json(status: PackStatus) -> dict[str, object]:
    """Return a pack with its state and what installing it would change."""
    return {
        "name": status.pack.name,
        "title": status.pack.title,
        "description": status.pack.description,
        "folder": status.pack.folder,
        "version": status.plan.version,
        "state": status.plan.state,
        "changes": status.plan.as_json(),
        "documents": [document.as_json() for document in status.installed],
    }
