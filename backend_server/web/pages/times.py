"""How pages word moments."""

from __future__ import annotations

from backend_server.primitives.clock import epoch_ms


def ago(moment_ms: int | None, now_ms: int | None = None) -> str:
    """Say how long ago a moment was, in one unit."""
    if moment_ms is None:
        return "never"
    seconds = max(0, ((now_ms or epoch_ms()) - moment_ms) // 1000)
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"
