"""How a database's own errors become ours: worded for people, without addresses, user names or SQL."""

from __future__ import annotations

from backend_server.errors import ConfigError, UpstreamError

_NOT_PREPARED = "The database has no tables of this version yet; run `dashwright prepare` first."


def worded(fault: BaseException, doing: str) -> UpstreamError | ConfigError:
    """Return one fault of the database in words for people."""
    cause = getattr(fault, "orig", None) or fault
    text = str(cause).lower()
    if "no such table" in text or type(cause).__name__ == "UndefinedTable":
        return ConfigError(_NOT_PREPARED)
    return UpstreamError(
        f"The database failed while {doing}: {_reason(text, cause)}. Nothing was changed; try again.",
        details={"doing": doing, "fault": type(cause).__name__},
    )


def _reason(text: str, cause: BaseException) -> str:
    reasons = {
        "database is locked": "it is locked by another process",
        "disk is full": "its disk is full",
        "no space left": "its disk is full",
        "disk i/o error": "its disk answers with errors",
        "readonly": "it may only be read",
        "read-only": "it may only be read",
        "malformed": "its file is damaged; restore it from a backup",
        "not a database": "its file is no database",
        "unable to open": "its file cannot be opened",
        "too many clients": "it has no connection left",
        "queuepool limit": "all connections are in use",
    }
    for sign, reason in reasons.items():
        if sign in text:
            return reason
    return f"it cannot be reached or refused ({type(cause).__name__})"
