"""What a link is worth at a moment."""

from __future__ import annotations

from enum import StrEnum


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
