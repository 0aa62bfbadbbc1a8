"""A publication: our record that a document is public in Grafana, under ids that we chose before the first call."""

from __future__ import annotations

from dataclasses import dataclass

from backend_server.primitives.ids import DashboardUid, LinkToken


@dataclass(frozen=True, slots=True)
class NewPublication:
    """A publication before any call; `wanted` is False while no link needs it."""

    document_uid: DashboardUid
    public_uid: str
    access_token: LinkToken
    wanted: bool
