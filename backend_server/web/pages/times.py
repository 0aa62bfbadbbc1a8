"""How pages show times."""

from __future__ import annotations

from backend_server.primitives.clock import epoch_ms


def ago(time_ms: int | None, now_ms: int | None = None) -> str:
    """Return how long ago a time was, in one unit."""
    if time_ms is None:
        return "never"
    seconds = max(0, ((now_ms or epoch_ms()) - time_ms) // 1000)
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"
