"""A publication: our record that a document is public in Grafana, under ids that we chose before the first call."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from backend_server.primitives.ids import DashboardUid, LinkToken


class PublicationState(StrEnum):
    """What we know of a publication; the values are those stored."""

    WANTED = "wanted"  # not proven; it may exist when a process was killed in between
    LIVE = "live"
    UNWANTED = "unwanted"
    GONE = "gone"


# A document in one of these has to be public: some link to it may be used.
SHARED_STATES = frozenset({PublicationState.WANTED, PublicationState.LIVE})


@dataclass(frozen=True, slots=True)
class NewPublication:
    """A publication before any call; `wanted` is False while no link needs it."""

    document_uid: DashboardUid
    public_uid: str
    access_token: LinkToken
    wanted: bool
