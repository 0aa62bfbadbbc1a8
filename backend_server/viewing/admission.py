"""Whether a visitor may see a link now, and in which words he is told that he may not. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from backend_server.documents.status import DocumentState
from backend_server.links import LinkState

from .answers import Answer, grafana_error


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal in both its forms: a small page, and Grafana's error shape. `reason` is counted."""

    reason: str
    status: int
    title: str
    text: str
    message_id: str
    message: str
    retry_seconds: int | None = None
    asks_password: bool = False

    def as_answer(self) -> Answer:
        """Return the refusal of an API route."""
        answer = grafana_error(self.status, self.message_id, self.message)
        if self.retry_seconds is None:
            return answer
        return Answer(answer.status, answer.body, answer.content_type, {"Retry-After": str(self.retry_seconds)})


UNKNOWN = Refusal(
    "unknown",
    404,
    "This link does not exist",
    "Check the address, or ask whoever gave it to you for a new one.",
    "notFound",
    "Dashboard not found",
)
MALFORMED = Refusal("malformed", 400, UNKNOWN.title, UNKNOWN.text, "invalidAccessToken", "Invalid access token")
FOREIGN_FRAME = Refusal(
    "foreign_frame",
    403,
    "This page may not embed the dashboard",
    "Its owner allows it on other sites only.",
    "notAllowedHere",
    "This site may not embed the dashboard",
)
PENDING = Refusal(
    "pending",
    503,
    "The dashboard is being prepared",
    "This page continues by itself in a moment.",
    "notReady",
    "Dashboard is being prepared",
    retry_seconds=2,
)
FAILED = Refusal(
    "failed",
    503,
    "This dashboard cannot be made",
    "Its owner can see why. It appears here once that is mended.",
    "failed",
    "Dashboard cannot be made",
    retry_seconds=60,
)
WITHDRAWN = Refusal(
    "withdrawn",
    410,
    "This dashboard was taken away",
    "Ask whoever gave you the link.",
    "gone",
    "Dashboard was taken away",
)
UNAVAILABLE = Refusal(
    "unavailable",
    503,
    "The dashboard cannot be shown right now",
    "This page tries again by itself; nothing needs to be done.",
    "unavailable",
    "Dashboard is not available right now",
    retry_seconds=5,
)
UNREADABLE = Refusal(
    "unreadable",
    503,
    "The dashboard cannot be shown here",
    "This version of Grafana is not known to the service yet; its operator has been told.",
    "unreadable",
    "Dashboard cannot be shown by this version of Grafana",
    retry_seconds=60,
)
LOCKED = Refusal(
    "locked",
    401,
    "This dashboard is protected",
    "Enter the password you were given with the link.",
    "passwordRequired",
    "Password required",
    asks_password=True,
)
WRONG_PASSWORD = Refusal(
    "wrong_password",
    401,
    "That is not the password",
    "Check it and try again.",
    "passwordRequired",
    "Password required",
    asks_password=True,
)
TOO_MANY_GUESSES = Refusal(
    "too_many_guesses",
    429,
    "Too many wrong passwords",
    "Wait a few minutes, then load the page again.",
    "tooManyRequests",
    "Too many wrong passwords",
)
_GONE_TEXT = "Ask whoever gave it to you for a new one."
_OF_STATE = {
    LinkState.PENDING: PENDING,
    LinkState.PAUSED: Refusal(
        "paused",
        403,
        "This dashboard is paused",
        "It comes back when its owner turns it on again.",
        "notEnabled",
        "Dashboard paused",
        retry_seconds=60,
    ),
    LinkState.NOT_YET: Refusal(
        "not_yet",
        403,
        "This link is not valid yet",
        "It opens by itself when its time has come.",
        "notYetValid",
        "Link is not valid yet",
        retry_seconds=60,
    ),
    LinkState.EXPIRED: Refusal("expired", 410, "This link has expired", _GONE_TEXT, "gone", "Link has expired"),
    LinkState.REVOKED: Refusal("revoked", 410, "This link is no longer valid", _GONE_TEXT, "gone", "Link was revoked"),
    LinkState.ROTATED: Refusal("rotated", 410, "This link has been replaced", _GONE_TEXT, "gone", "Link was replaced"),
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
