"""Whether a visitor may see a link now, and in which words he reads that he may not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from backend_server.documents.status import DocumentState
from backend_server.links import FoundLink, Link, LinkState
from backend_server.primitives.ids import LinkToken, is_link_token

from .model import NoticePage, Refusal
from .passwords import LinkPasswords
from .ports import Links
from .visits import Visit, may_frame, shown_profile

UNKNOWN = Refusal("unknown", 404, "notFound")
MALFORMED = Refusal("malformed", 400, "invalidAccessToken")
FOREIGN_FRAME = Refusal("foreign_frame", 403, "notAllowedHere")
PENDING = Refusal("pending", 503, "notReady", retry_seconds=2)
FAILED = Refusal("failed", 503, "failed", retry_seconds=60)
WITHDRAWN = Refusal("withdrawn", 410, "gone")
UNAVAILABLE = Refusal("unavailable", 503, "unavailable", retry_seconds=5)
UNREADABLE = Refusal("unreadable", 503, "unreadable", retry_seconds=60)
LOCKED = Refusal("locked", 401, "passwordRequired", asks_password=True)
WRONG_PASSWORD = Refusal("wrong_password", 401, "passwordRequired", asks_password=True)
TOO_MANY_GUESSES = Refusal("too_many_guesses", 429, "tooManyRequests")
_OF_STATE = {
    LinkState.PENDING: PENDING,
    LinkState.PAUSED: Refusal("paused", 403, "notEnabled", retry_seconds=60),
    LinkState.NOT_YET: Refusal("not_yet", 403, "notYetValid", retry_seconds=60),
    LinkState.EXPIRED: Refusal("expired", 410, "gone"),
    LinkState.REVOKED: Refusal("revoked", 410, "gone"),
    LinkState.ROTATED: Refusal("rotated", 410, "gone"),
}


# What becomes of a document that nothing is shown of: it is not being prepared, whatever the link waits for.
_OF_DOCUMENT = {
    DocumentState.FAILED: FAILED,
    DocumentState.RETIRING: WITHDRAWN,
    DocumentState.GONE: WITHDRAWN,
}


def refusal_of(state: LinkState, document_state: DocumentState | None = None) -> Refusal | None:
    """Return the refusal a link's state means, and its document's; None when the visitor may see the dashboard."""
    if state is LinkState.PENDING and document_state in _OF_DOCUMENT:
        return _OF_DOCUMENT[document_state]
    return _OF_STATE.get(state)


def is_on_its_way(document_state: DocumentState | None) -> bool:
    """Whether a document that is not proven yet may be drawn meanwhile, by who needs no proof."""
    return document_state is not None and document_state not in _OF_DOCUMENT


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided over a request: the link if there is one, and why the visitor may not see it if he may not."""

    link: Link | None
    refusal: Refusal | None


class Admission:
    """Looks a token up and decides by the link's life cycle, the frame it is shown in and its password.

    With `needs_proof` a document is shown only once it is proven to be loaded.
    """

    def __init__(
        self, links: Links, passwords: LinkPasswords, clock_ms: Callable[[], int], *, needs_proof: bool
    ) -> None:
        self._links = links
        self._passwords = passwords
        self._clock_ms = clock_ms
        self._needs_proof = needs_proof

    def to_page(self, token: str, visit: Visit) -> Decision:
        """Decide over a visit of the link's page."""
        found = self._find(token)
        if found is None:
            return Decision(None, UNKNOWN)
        now_ms = self._clock_ms()
        refusal = refusal_of(self._state(found, now_ms), found.document_state)
        if refusal is None and not may_frame(found.link.frame_ancestors, visit):
            refusal = FOREIGN_FRAME
        return Decision(found.link, refusal or self._lock(found.link, visit.proof, now_ms))

    def to_data(self, token: str, proof: str) -> Decision:
        """Decide over a request for the dashboard or its data."""
        found = self._find(token)
        if found is None:
            # Grafana calls an upper-case spelling unknown and any other text malformed.
            return Decision(None, UNKNOWN if is_link_token(token.lower()) else MALFORMED)
        now_ms = self._clock_ms()
        refusal = refusal_of(self._state(found, now_ms), found.document_state)
        return Decision(found.link, refusal or self._lock(found.link, proof, now_ms))

    def standing(self, token: str, proof: str) -> tuple[str, int | None] | None:
        """Return the word for how a link stands, and until when by itself; None when there is no such link."""
        found = self._find(token)
        if found is None:
            return None
        now_ms = self._clock_ms()
        state = self._state(found, now_ms)
        if state is LinkState.LIVE and self._lock(found.link, proof, now_ms):
            return LOCKED.reason, None
        refusal = refusal_of(state, found.document_state)
        return state.value if refusal is None else refusal.reason, found.until(now_ms)

    def _find(self, token: str) -> FoundLink | None:
        found = self._links.find(token)
        if found is None or found.link.token == token:
            return found
        # Found by a token it had before a rotation: whoever holds that one does not learn the new one from us.
        return replace(found, link=replace(found.link, token=LinkToken(token)))

    def _state(self, found: FoundLink, now_ms: int) -> LinkState:
        state = found.state(now_ms)
        if state is LinkState.PENDING and not self._needs_proof and is_on_its_way(found.document_state):
            # The viewer draws a document from its template even before its file is written or proven.
            return LinkState.LIVE
        return state

    def _lock(self, link: Link, proof: str, now_ms: int) -> Refusal | None:
        if link.password_hash is None or self._passwords.holds(link, proof, now_ms):
            return None
        return LOCKED


def notice_of(link: Link | None, refusal: Refusal, visit: Visit) -> NoticePage:
    """Return a refusal as a page, in the link's colours when there is a link."""
    if link is None:
        return NoticePage(refusal)
    profile = shown_profile(link.profile, visit.parameters)
    return NoticePage(refusal, profile.theme, profile.transparent, link.frame_ancestors, link.token)
