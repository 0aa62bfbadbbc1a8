"""How often a sign-in may fail: per address, per person from one address, and per person from everywhere."""

from __future__ import annotations

import math
import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from backend_server.errors import TooManyRequests

LIMITS = "dashwright.sign_in_limits"  # where the application keeps them
_BY_ADDRESS = parse("30/5minutes")
_BY_BOTH = parse("5/5minutes")
# High, so that a stranger cannot lock a person out with a few wrong guesses, yet guessing stays hopeless.
_BY_NAME = parse("200/hour")


class SignInLimits:
    """Counts failures in memory: one web process with SQLite; with more, each allows its own few."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def check(self, name: str, address: str) -> None:
        """Raise TooManyRequests, saying when to come back, while a limit is reached."""
        for limit, key in self._keys(name, address):
            if not self._limiter.test(limit, *key):
                seconds = max(1, math.ceil(self._limiter.get_window_stats(limit, *key).reset_time - time.time()))
                raise TooManyRequests(
                    f"Too many failed sign-ins; try again in {seconds} seconds.",
                    details={"retry_after_seconds": seconds},
                )

    def failed(self, name: str, address: str) -> None:
        """Count one failure."""
        for limit, key in self._keys(name, address):
            self._limiter.hit(limit, *key)

    @staticmethod
    def _keys(name: str, address: str) -> tuple[tuple[RateLimitItem, tuple[str, ...]], ...]:
        return (
            (_BY_ADDRESS, ("address", address)),
            (_BY_BOTH, ("both", name[:64], address)),
            (_BY_NAME, ("name", name[:64])),
        )
