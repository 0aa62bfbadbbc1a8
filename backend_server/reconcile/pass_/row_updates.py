"""What is stored after each step: how a document's row moves on. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from backend_server.documents.status import DocumentState, Wanted

from ..backoff import retry_delay_ms
from ..model import DocumentRow, RowUpdate
from .plan import Existing, Public

_MOST_REASON = 1000


def existing_of(row: DocumentRow, *, public_differs: bool = False) -> Existing:
    """Read a row as the plan sees it."""
    public = Public(row.public_state) if row.public_state else Public.NO_RECORD
    if public is Public.WANTED and public_differs:
        public = Public.DIFFERS
    return Existing(
        uid=row.uid,
        title=row.title,
        file=row.file,
        written=row.written_hash,
        loaded=row.loaded_hash,
        public=public,
        leaving_since=row.updated_at if row.wanted is Wanted.ABSENT else None,
    )


def advanced(row: DocumentRow, seen: int, state: DocumentState, facts: Mapping[str, object]) -> RowUpdate:
    """A step was taken and more follow; a document that visitors have a version of stays `live` all the while."""
    shown = DocumentState.LIVE if row.loaded_hash is not None and row.wanted is Wanted.PRESENT else state
    return RowUpdate(row.uid, seen, facts, {"state": shown} if shown != row.state else {})


def finished(row: DocumentRow, seen: int, state: DocumentState, facts: Mapping[str, object] | None = None) -> RowUpdate:
    """Nothing is left to do."""
    return RowUpdate(
        row.uid,
        seen,
        facts or {},
        {"state": state, "reason": None, "dirty": False, "attempts": 0, "retry_at": 0},
    )


def postponed(
    row: DocumentRow, seen: int, reason: str, now_ms: int, *, state: DocumentState | None = None
) -> RowUpdate:
    """A step failed and will be tried again, later each time."""
    attempts = row.attempts + 1
    decisions = {
        "reason": reason[:_MOST_REASON],
        "attempts": attempts,
        "retry_at": now_ms + retry_delay_ms(attempts, row.uid),
    }
    return RowUpdate(row.uid, seen, {}, decisions if state is None else {**decisions, "state": state})


def waiting(row: DocumentRow, seen: int, reason: str, *, attempts: int = 0, retry_at: int = 0) -> RowUpdate:
    """Nothing is wrong with it; there is something to wait for."""
    return RowUpdate(row.uid, seen, {}, {"reason": reason, "attempts": attempts, "retry_at": retry_at})


def quarantined(row: DocumentRow, seen: int, reason: str) -> RowUpdate:
    """The document itself is bad: it is left until its template or device changes, and what is served stays."""
    return RowUpdate(
        row.uid,
        seen,
        {},
        {"state": DocumentState.FAILED, "reason": reason[:_MOST_REASON], "dirty": False, "attempts": 0},
    )
