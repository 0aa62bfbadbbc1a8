"""Protected links: a password is checked once, then a signed cookie proves it, for that link and that password."""

from __future__ import annotations

import hashlib
import hmac

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from backend_server.links import Link
from backend_server.primitives.passwords import verify_password

KEEP_SECONDS = 12 * 3600
_BY_VISITOR = parse("10/5minutes")
# High, so that a stranger cannot lock the others out with a few wrong guesses, yet guessing stays hopeless.
_BY_LINK = parse("300/hour")


class TooManyGuesses(Exception):
    """A limit of wrong passwords is reached; nothing was compared."""


class LinkPasswords:
    """Compares passwords and signs proofs; `key` is a secret all processes share."""

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, b"dashwright link proof", "sha256")
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def check(self, link: Link, password: str, visitor: str) -> bool:
        """Compare a password; raises TooManyGuesses while a limit of wrong ones is reached."""
        keys: tuple[tuple[RateLimitItem, tuple[str, ...]], ...] = (
            (_BY_VISITOR, (link.id, visitor)),
            (_BY_LINK, (link.id,)),
        )
        if not all(self._limiter.test(limit, *key) for limit, key in keys):
            raise TooManyGuesses
        if verify_password(link.password_hash, password):
            return True
        for limit, key in keys:
            self._limiter.hit(limit, *key)
        return False

    def proof(self, link: Link, now_ms: int) -> str:
        """Sign that the link's password was given; another password makes every earlier proof worthless."""
        until = now_ms // 1000 + KEEP_SECONDS
        return f"{until}.{self._signature(link, until)}"

    def holds(self, link: Link, proof: str, now_ms: int) -> bool:
        """Whether a proof opens the link now; a link without a password needs none."""
        if link.password_hash is None:
            return True
        until, _, signature = proof.partition(".")
        if not until.isascii() or not until.isdecimal() or len(until) > 12 or int(until) * 1000 <= now_ms:
            return False
        return hmac.compare_digest(signature.encode(), self._signature(link, int(until)).encode())

    def _signature(self, link: Link, until: int) -> str:
        signed = "\0".join((link.id, link.password_hash or "", str(until)))
        return hmac.digest(self._key, signed.encode(), "sha256").hex()


def proof_cookie(token: str) -> str:
    """Return the name of the cookie that holds a link's proof; it says nothing of the token."""
    return f"dashwright-{hashlib.sha256(token.encode()).hexdigest()[:12]}"
