"""Roles, scopes and the one question asked of them: may this actor do that?"""

from __future__ import annotations

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
