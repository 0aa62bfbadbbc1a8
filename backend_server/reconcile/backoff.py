"""When to try again: later after each failure, bounded, and spread so that failures do not march in step. Pure."""

from __future__ import annotations

import zlib

_FIRST_MS = 1_000
_MOST_MS = 120_000


def retry_delay_ms(attempts: int, key: str, *, first_ms: int = _FIRST_MS, most_ms: int = _MOST_MS) -> int:
    """Return the wait after the n-th failure (1, 2, …): doubled up to `most_ms`, less up to a fifth by key."""
    full = min(most_ms, first_ms << min(max(attempts, 1) - 1, 20))
    return full - full * (zlib.crc32(f"{key}/{attempts}".encode()) % 200) // 1000
