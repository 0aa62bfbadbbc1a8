"""What a link is worth at a moment."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from backend_server.documents.status import PROVEN_STATES, DocumentState


class LinkState(StrEnum):
    """The states of a link's life, as answers name them."""

    PENDING = "pending"
    LIVE = "live"
    PAUSED = "paused"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    REVOKED = "revoked"
    ROTATED = "rotated"

    @property
    def is_over(self) -> bool:
        """Whether a visitor gets 410: it was there and is not any more."""
        return self in (LinkState.EXPIRED, LinkState.REVOKED, LinkState.ROTATED)

    @property
    def is_held(self) -> bool:
        """Whether a visitor gets 403: not now."""
        return self in (LinkState.PAUSED, LinkState.NOT_YET)


class _Life(Protocol):
    @property
    def not_before(self) -> int | None: ...
    @property
    def expires_at(self) -> int | None: ...
    @property
    def paused_at(self) -> int | None: ...
    @property
    def revoked_at(self) -> int | None: ...
    @property
    def suspended_at(self) -> int | None: ...


def link_state(link: _Life, now_ms: int, document_state: DocumentState | None, *, links_on: bool = True) -> LinkState:
    """Decide a link's state; what is over for good outranks what may come back.

    `document_state` is `live` (or `loaded`) when a proven version can be shown, also while a newer one is on its way.
    """
    if link.revoked_at is not None or link.suspended_at is not None:
        return LinkState.REVOKED
    if link.expires_at is not None and now_ms >= link.expires_at:
        return LinkState.EXPIRED
    if link.not_before is not None and now_ms < link.not_before:
        return LinkState.NOT_YET
    if link.paused_at is not None or not links_on:
        return LinkState.PAUSED
    return LinkState.LIVE if document_state in PROVEN_STATES else LinkState.PENDING
