"""How often a sign-in may fail: per address, per person from one address, and per person from everywhere."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from ipaddress import ip_address, ip_network

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from backend_server.errors import TooManyRequests

LIMITS = "dashwright.sign_in_limits"  # where the application keeps them
_BY_ADDRESS = parse("30/5minutes")
_BY_BOTH = parse("5/5minutes")
# High, so that a stranger cannot lock a person out with a few wrong guesses, yet guessing stays hopeless.
_BY_NAME = parse("200/hour")
_MOST_REMEMBERED = 10_000


class SignInLimits:
    """Counts failures in memory: one web process with SQLite; with more, each allows its own few."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._lock = threading.Lock()
        self._good: OrderedDict[tuple[str, str], None] = OrderedDict()  # who signed in, and from where

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

    def succeeded(self, name: str, address: str) -> None:
        """Remember where a person signs in: strangers' guesses from everywhere do not lock them out there."""
        with self._lock:
            self._good[name[:64], _network(address)] = None
            self._good.move_to_end((name[:64], _network(address)))
            while len(self._good) > _MOST_REMEMBERED:
                self._good.popitem(last=False)

    def _keys(self, name: str, address: str) -> tuple[tuple[RateLimitItem, tuple[str, ...]], ...]:
        name, network = name[:64], _network(address)
        here = ((_BY_ADDRESS, ("address", network)), (_BY_BOTH, ("both", name, network)))
        with self._lock:
            known = (name, network) in self._good
        return here if known else (*here, (_BY_NAME, ("name", name)))


def _network(address: str) -> str:
    """Return what one household or attacker has: an address of version 4, or the /64 of one of version 6."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    return str(found.ipv4_mapped or ip_network((found, 64), strict=False))
