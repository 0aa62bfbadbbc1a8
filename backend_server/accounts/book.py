"""Accounts at work: who a token or a session is, new tokens, the first administrator.

Tokens and users are few and asked for at every request, so they are held in memory, guarded by the change number of the
accounts: a token revoked by one process opens nothing in another from the next request on.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from backend_server.errors import Forbidden, InvalidInput, NotFound, Problem
from backend_server.primitives.memory import Guarded
from backend_server.primitives.passwords import verify_password
from backend_server.primitives.secret import Secret

from .model import Actor, ApiToken, Role, Scope, User, hash_api_token, new_api_token, new_token_id
from .ports import AccountStore


@dataclass(frozen=True, slots=True)
class _Accounts:
    tokens: Mapping[str, ApiToken]  # by hash
    users: Mapping[str, User]


class AccountBook:
    """Answers who is calling; thread-safe."""

    def __init__(self, store: AccountStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._accounts = Guarded(self._read, store.change_number)
        self._used: dict[str, int] = {}
        self._seen: dict[str, int] = {}

    def actor_of_token(self, token: str) -> Actor | None:
        """Return the actor of an API token; None for an unknown, expired or revoked one."""
        found = self._accounts().tokens.get(hash_api_token(token))
        now = self._store.now_ms()
        if found is None or not found.is_good(now):
            return None
        self._used[found.id] = now
        return found.actor()

    def actor_of_session(self, name: str, version: int) -> Actor | None:
        """Return the signed-in person; None when the session was ended or the person disabled."""
        user = self._accounts().users.get(name)
        if user is None or user.disabled_at is not None or user.session_version != version:
            return None
        self._seen[name] = self._store.now_ms()
        return Actor(name=user.name, role=user.role, by_session=True)

    def last_seen(self, user: User) -> int | None:
        """Return when a person was last seen, what is in memory included; None = never."""
        seen = self._seen.get(user.name, 0)
        mine = seen if seen >= (user.created_at or 0) else 0  # not an earlier person's of this name
        return max(mine, user.last_seen_at or 0) or None

    def sign_in(self, name: str, password: str) -> User | None:
        """Return the user whose password this is; takes the same time whoever is named."""
        user = self._accounts().users.get(name)
        good = verify_password(user.password_hash if user else None, password)
        return user if good and user is not None and user.disabled_at is None else None

    def tokens(self) -> list[ApiToken]:
        """Return all tokens, newest first, the last use in memory included."""
        return [
            replace(token, last_used_at=max(self._used.get(token.id, 0), token.last_used_at or 0) or None)
            for token in self._store.tokens()
        ]

    def create_token(
        self, name: str, role: Role, scopes: Collection[Scope], expires_at: int | None, *, by: Actor
    ) -> tuple[ApiToken, Secret]:
        """Create a token; its secret is shown this once.

        Raises Forbidden when it could do more than its maker, Conflict when the name is taken.
        """
        if role.rank > by.role.rank or (by.scopes and not (scopes and set(scopes) <= by.scopes)):
            raise Forbidden("A token cannot be made to do more than the one who makes it may.")
        now = self._store.now_ms()
        if expires_at is not None and expires_at <= now:
            raise InvalidInput([Problem("expires_at", "lies in the past; give a later time, or none")])
        secret = new_api_token()
        token = ApiToken(
            id=new_token_id(),
            name=name,
            hash=hash_api_token(secret),
            role=role,
            scopes=frozenset(scopes),
            created_by=by.name,
            created_at=now,
            expires_at=expires_at,
        )
        self._store.add_token(token, by=by.name)
        return token, Secret(secret)

    def revoke_token(self, token_id: str, *, by: Actor) -> None:
        """Revoke a token for good; raises NotFound."""
        if not self._store.revoke_token(token_id, by=by.name):
            raise NotFound(f"There is no API token {token_id!r}.")

    def flush(self) -> None:
        """Write the last uses gathered since the last call: one statement, called once a minute and at the end."""
        with self._lock:
            used, self._used = self._used, {}
            seen, self._seen = self._seen, {}
        if used or seen:
            self._store.touch(used, seen)

    def _read(self) -> _Accounts:
        return _Accounts(
            {token.hash: token for token in self._store.tokens()}, {user.name: user for user in self._store.users()}
        )
