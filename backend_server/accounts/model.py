"""Who may do what: roles, scopes, people and API tokens, and the one question asked of them: may this actor do that?

An API token is 256 random bits behind the prefix `dw_`; only its SHA-256 is kept: a stolen database opens nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from backend_server.errors import Forbidden


class Role(StrEnum):
    """What a person or token may at most do; each role includes those before it."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """The role's place: a higher rank includes the lower ones."""
        return list(Role).index(self)


# By role, the user as whom a signed-in person's requests reach Grafana.
GRAFANA_USERS: Mapping[Role, str] = {role: f"dashwright-{role.value}" for role in Role}


class Scope(StrEnum):
    """What an API token may be narrowed to. A token without scopes may do all its role may."""

    DEVICES_READ = "devices:read"
    DEVICES_WRITE = "devices:write"
    LINKS_READ = "links:read"
    LINKS_WRITE = "links:write"
    TEMPLATES_READ = "templates:read"
    DOCUMENTS_READ = "documents:read"
    DOCUMENTS_WRITE = "documents:write"
    PLAN_READ = "plan:read"
    METRICS_READ = "metrics:read"
    AUDIT_READ = "audit:read"
    TOKENS_WRITE = "tokens:write"
    USERS_WRITE = "users:write"


@dataclass(frozen=True, slots=True)
class Need:
    """What a route asks of its caller; `scope` None = any signed-in actor of the role."""

    role: Role
    scope: Scope | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is calling. `name` is what the audit and `created_by` show."""

    name: str
    role: Role
    scopes: frozenset[Scope] = field(default_factory=frozenset)
    by_session: bool = False

    def may(self, need: Need) -> bool:
        """Whether the actor's role and scopes cover the need."""
        return self.role.rank >= need.role.rank and (need.scope is None or not self.scopes or self._covers(need.scope))

    def check(self, need: Need) -> None:
        """Raise Forbidden, naming what is missing, unless the actor may."""
        if self.role.rank < need.role.rank:
            raise Forbidden(
                f"This needs the role {need.role}; {self.name} has {self.role}.",
                details={"needs_role": need.role.value, "has_role": self.role.value},
            )
        if not self.may(need):
            raise Forbidden(
                f"This needs the scope {need.scope}; the token has only: {', '.join(sorted(self.scopes))}.",
                details={"needs_scope": str(need.scope), "has_scopes": sorted(self.scopes)},
            )

    def _covers(self, scope: Scope) -> bool:
        # Writing something without being able to read it back would make every client ask for both.
        return scope in self.scopes or (
            scope.value.endswith(":read") and scope.value.replace(":read", ":write") in self.scopes
        )


@dataclass(frozen=True, slots=True)
class User:
    """A person who may sign in. A session holds `session_version`; raising it ends all the person's sessions."""

    name: str
    role: Role
    password_hash: str
    session_version: int = 1
    disabled_at: int | None = None
    # What the rows tell about the person; no part of what a writer gives.
    created_at: int | None = field(default=None, compare=False)
    last_seen_at: int | None = field(default=None, compare=False)


UserChange = Callable[[Mapping[str, User]], User | None]


PREFIX = "dw_"
TOKEN_NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}"  # noqa: S105 - a pattern
TOKEN_ID_PATTERN = r"[0-9a-f]{16}"  # noqa: S105 - a pattern


def new_api_token() -> str:
    """Create a token; it is shown once and never stored."""
    return PREFIX + secrets.token_urlsafe(32)


def new_token_id() -> str:
    """Create the public id by which a token is listed and revoked."""
    return secrets.token_hex(8)


def hash_api_token(token: str) -> str:
    """Return the hash under which a token is stored. A fast hash is right here: 256 random bits cannot be guessed."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A stored token. Times are epoch milliseconds."""

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
        """Whether the token is valid now."""
        return self.revoked_at is None and (self.expires_at is None or now_ms < self.expires_at)

    def actor(self) -> Actor:
        """Return the actor that this token stands for."""
        return Actor(name=f"token:{self.name}", role=self.role, scopes=self.scopes)
