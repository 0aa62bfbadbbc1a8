"""The link as every other room sees it. Times are epoch milliseconds."""

from __future__ import annotations

from dataclasses import dataclass, field

from backend_server.documents.status import PROVEN_STATES, DocumentState
from backend_server.primitives.ids import DashboardUid, LinkToken, Maker, Slug

from .fields import LinkFields
from .profile import LinkProfile
from .state import LinkState


@dataclass(frozen=True, slots=True)
class Link(LinkFields):
    """What is handed out; it points at (maker, slot, object_id), whose document is `document_uid`."""

    id: str
    token: LinkToken
    slug: Slug
    maker: str
    slot: str
    object_id: str
    document_uid: DashboardUid
    is_default: bool = False
    profile: LinkProfile = field(default_factory=LinkProfile)
    paused_at: int | None = None
    revoked_at: int | None = None
    suspended_at: int | None = None
    password_hash: str | None = field(default=None, repr=False)
    created_by: str = ""
    created_at: int = 0
    updated_at: int = 0
    first_seen_at: int | None = None
    last_seen_at: int | None = None
    views: int = 0

    @property
    def points_at(self) -> dict[str, str]:
        """Name what it points at as answers do: the device, or the document where it is no device's."""
        is_devices = self.maker == Maker.DEVICE.value
        return {"device": self.object_id} if is_devices else {"document": self.document_uid}


@dataclass(frozen=True, slots=True)
class FoundLink:
    """A link with what decides over it besides itself.

    `document_state` is None when the document is not there (yet). `rotated_out_at` is set when it was found by a token
    it had before a rotation: from that moment on the token is over. `own_refresh` is the document's, where known.
    """

    link: Link
    document_state: DocumentState | None
    title: str
    links_on: bool = True
    rotated_out_at: int | None = None
    own_refresh: str | None = None

    def state(self, now_ms: int) -> LinkState:
        """Say what a visitor who comes now is met with."""
        if self.rotated_out_at is not None and now_ms >= self.rotated_out_at:
            return LinkState.ROTATED
        return link_state(self.link, now_ms, self.document_state, links_on=self.links_on)

    def until(self, now_ms: int) -> int | None:
        """Return the moment at which the state changes by itself; None when only a person changes it."""
        state = self.state(now_ms)
        if state.is_over:
            return None
        ends = [end for end in (self.link.expires_at, self.rotated_out_at) if end is not None]
        if state is LinkState.NOT_YET and self.link.not_before is not None:
            ends.append(self.link.not_before)
        return min(ends, default=None)


def link_state(link: Link, now_ms: int, document_state: DocumentState | None, *, links_on: bool = True) -> LinkState:
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
