"""How a database's own errors become ours: worded for people, without addresses, user names or SQL."""

from __future__ import annotations

from collections.abc import Mapping

from backend_server.errors import ConfigError, Unavailable, UpstreamError

_RETRY_SECONDS = 5
_LOST_RETRY_SECONDS = 60  # a person has to come
LOCKED = "it is locked by another process"
_BUSY = {
    "database is locked": LOCKED,
    "lock timeout": LOCKED,
    "too many clients": "it has no connection left",
    "queuepool limit": "all connections are in use",
}
_NOT_PREPARED = "The database has no tables of this version yet; run `dashwright prepare` first."


def worded(fault: BaseException, doing: str) -> UpstreamError | ConfigError:
    """Return one fault of the database in words for people."""
    cause = getattr(fault, "orig", None) or fault
    text = str(cause).lower()
    if "no such table" in text or type(cause).__name__ == "UndefinedTable":
        return ConfigError(_NOT_PREPARED)
    details = {"doing": doing, "fault": type(cause).__name__}
    for sign, reason in _BUSY.items():
        if sign in text:
            return busy(reason, doing, details)
    return UpstreamError(
        f"The database failed while {doing}: {_reason(text, cause)}. Nothing was changed; try again.", details=details
    )


def busy(reason: str, doing: str, details: Mapping[str, object] | None = None) -> Unavailable:
    """Return the fault of a database that is in use: a later try may well succeed."""
    return Unavailable(
        f"The database failed while {doing}: {reason}. Nothing was changed; try again.",
        retry_seconds=_RETRY_SECONDS,
        details=details or {"doing": doing},
    )


def lost() -> Unavailable:
    """Return the fault of a database file that was removed, emptied or replaced under the running service.

    What would be written now would be gone at the next stop, so it is refused.
    """
    return Unavailable(
        "The database's file was removed or replaced while the service runs. Nothing was changed, and nothing can be "
        "stored until the service is stopped, the file put back or a backup restored, and the service started again.",
        retry_seconds=_LOST_RETRY_SECONDS,
    )


def _reason(text: str, cause: BaseException) -> str:
    reasons = {
        "disk is full": "its disk is full",
        "no space left": "its disk is full",
        "disk i/o error": "its disk answers with errors",
        "readonly": "it may only be read",
        "read-only": "it may only be read",
        "malformed": "its file is damaged; restore it from a backup",
        "not a database": "its file is no database",
        "unable to open": "its file cannot be opened",
    }
    for sign, reason in reasons.items():
        if sign in text:
            return reason
    return f"it cannot be reached or refused ({type(cause).__name__})"
