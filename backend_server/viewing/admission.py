"""Why a visitor may not see a link now, as a value in both its forms. Pure."""

from __future__ import annotations

from backend_server.documents.status import DocumentState
from backend_server.links import Link, LinkState

from .model import NoticePage, Refusal
from .visits import Visit, shown_profile

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


def notice_of(link: Link | None, refusal: Refusal, visit: Visit) -> NoticePage:
    """Return a refusal as a page, in the link's colours when there is a link."""
    if link is None:
        return NoticePage(refusal)
    profile = shown_profile(link.profile, visit.parameters)
    return NoticePage(refusal, profile.theme, profile.transparent, link.frame_ancestors, link.token)
