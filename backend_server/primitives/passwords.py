"""Passwords: argon2id, checked in a time that does not tell whether the user exists."""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from backend_server.errors import InvalidInput, Problem

MIN_LENGTH = 8
MAX_LENGTH = 256  # argon2 would hash a megabyte too, slowly

# OWASP's first argon2id profile, so that a sign-in costs about 20 ms and 19 MiB.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# The hash of a random text nobody knows: verifying against it takes as long as against a real one.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$ay2yM1TBhG8K+Nuwulkibw$Hpk50uBjvI+5fjAp3AGYhMab+rfvHST9kL/6x0Efa9E"


def new_password() -> str:
    """Return a new password of 120 random bits that can be typed."""
    return secrets.token_urlsafe(15)


def hash_password(password: str) -> str:
    """Hash a password for storage; raises InvalidInput when it is too short or too long to be one."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise InvalidInput(
            [Problem("password", f"has {len(password)} characters; use {MIN_LENGTH} to {MAX_LENGTH}")],
            what="The password",
        )
    return _HASHER.hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """Compare a password with its stored hash; `stored` None (no such user) takes the same time and is False."""
    if len(password) > MAX_LENGTH:
        return False
    try:
        return _HASHER.verify(stored or _NOBODY, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False
