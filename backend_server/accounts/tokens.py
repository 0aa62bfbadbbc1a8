"""API tokens: 256 random bits behind the prefix `dw_`; only the SHA-256 is kept: a stolen database opens nothing."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from .roles import Actor, Role, Scope

PREFIX = "dw_"
TOKEN_NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}"  # noqa: S105 - a pattern
TOKEN_ID_PATTERN = r"[0-9a-f]{16}"  # noqa: S105 - a pattern


def new_api_token() -> str:
    """Make a token; it is shown once and never stored."""
    return PREFIX + secrets.token_urlsafe(32)


def new_token_id() -> str:
    """Make the public id by which a token is listed and revoked."""
    return secrets.token_hex(8)


def hash_api_token(token: str) -> str:
    """Name a token as it is stored. A fast hash is right here: 256 random bits cannot be guessed."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token as it is kept. Times are epoch milliseconds."""

    id: str
    name: str
    hash: str
    role: Role
    scopes: frozenset[Scope]
    created_by: str
    created_at: int
    expires_at: int | None = None
    last_used_at: int | None = None
    revoked_at: int | None = None

    def is_good(self, now_ms: int) -> bool:
        """Whether the token opens anything now."""
        return self.revoked_at is None and (self.expires_at is None or now_ms < self.expires_at)

    def actor(self) -> Actor:
        """Return who calls with this token."""
        return Actor(name=f"token:{self.name}", role=self.role, scopes=self.scopes)
