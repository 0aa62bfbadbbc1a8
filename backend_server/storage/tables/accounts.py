"""Users and API tokens as rows; fits `accounts.ports.AccountStore`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, RowMapping, delete, exc, insert, select, update

from backend_server.accounts.model import ApiToken, Role, Scope, User, UserChange
from backend_server.errors import Conflict
from backend_server.primitives.clock import epoch_ms

from ..engine.store import Store
from ..engine.topics import Topic
from ..schema import api_tokens, users
from .audit import add_events


class SqlAccounts:
    """Accounts in the store; every change of who may do what also writes its audit row, in the same transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.change_number = store.number_of(Topic.ACCOUNTS)
        self.now_ms = epoch_ms  # by this machine's clock: an expiry in minutes needs no better one

    def tokens(self) -> Sequence[ApiToken]:
        """Return all tokens, newest first."""
        with self._store.read() as connection:
            rows = connection.execute(select(api_tokens).order_by(api_tokens.c.created_at.desc(), api_tokens.c.id))
            return [_token(row) for row in rows.mappings()]

    def users(self) -> Sequence[User]:
        """Return all users by name."""
        with self._store.read() as connection:
            return _users(connection)

    def add_token(self, token: ApiToken, *, by: str) -> None:
        """Store a new token; raises Conflict when the name is taken (by a revoked one too: the audit names it)."""
        try:
            with self._store.write(Topic.ACCOUNTS) as write:
                write.connection.execute(insert(api_tokens).values(_token_values(token)))
                add_events(
                    write,
                    actor=by,
                    action="token.create",
                    kind="api_token",
                    object_ids=[token.id],
                    details=_told(token),
                )
        except exc.IntegrityError as fault:
            raise Conflict(
                f"There is an API token called {token.name!r} already; choose another name.",
                details={"name": token.name},
            ) from fault

    def replace_token(self, token: ApiToken, *, by: str) -> None:
        """Store a token in the place of the one with the same name or the same secret."""
        with self._store.write(Topic.ACCOUNTS) as write:
            write.connection.execute(
                delete(api_tokens).where((api_tokens.c.name == token.name) | (api_tokens.c.hash == token.hash))
            )
            write.connection.execute(insert(api_tokens).values(_token_values(token)))
            add_events(
                write, actor=by, action="token.create", kind="api_token", object_ids=[token.id], details=_told(token)
            )

    def revoke_token(self, token_id: str, *, by: str) -> bool:
        """Revoke a token for good; False when there is none. Revoking it again changes nothing."""
        with self._store.write(Topic.ACCOUNTS) as write:
            row = write.connection.execute(
                select(api_tokens.c.name, api_tokens.c.revoked_at).where(api_tokens.c.id == token_id)
            ).one_or_none()
            if row is None or row.revoked_at is not None:
                write.discard()
                return row is not None
            write.connection.execute(
                update(api_tokens).where(api_tokens.c.id == token_id).values(revoked_at=write.now_ms)
            )
            add_events(
                write,
                actor=by,
                action="token.revoke",
                kind="api_token",
                object_ids=[token_id],
                details={"name": row.name},
            )
            return True

    def put_user(self, user: User, *, by: str) -> None:
        """Store a user, or an existing one's role, password and session version."""
        values = _user_values(user)
        with self._store.write(Topic.ACCOUNTS) as write:
            changed = write.connection.execute(update(users).where(users.c.name == user.name).values(values)).rowcount
            if not changed:
                write.connection.execute(insert(users).values(name=user.name, created_at=write.now_ms, **values))
            add_events(
                write,
                actor=by,
                action="user.put",
                kind="user",
                object_ids=[user.name],
                details={"role": user.role.value, "created": not changed},
            )

    def change_user(self, name: str, change: UserChange, *, by: str, action: str) -> User | None:
        """Store what `change` makes of the users for `name`, all in one transaction; None removes the user."""
        with self._store.write(Topic.ACCOUNTS) as write:
            before = {user.name: user for user in _users(write.connection)}
            user, old = change(before), before.get(name)
            row = users.c.name == name
            if user == old:
                write.discard()
                return user
            if user is None:
                write.connection.execute(delete(users).where(row))
            elif old is None:
                user = replace(user, created_at=write.now_ms)
                write.connection.execute(insert(users).values(name=name, created_at=write.now_ms, **_user_values(user)))
            else:
                write.connection.execute(update(users).where(row).values(_user_values(user)))
            add_events(
                write, actor=by, action=action, kind="user", object_ids=[name], details=_told_of_user(user or old, old)
            )
            return user

    def touch(self, tokens: Mapping[str, int], people: Mapping[str, int]) -> None:
        """Write when tokens and people were last seen; no memory depends on it, so the change number stays."""
        with self._store.write(moves=False) as write:
            for token_id, at in tokens.items():
                row = api_tokens.c.id == token_id
                write.connection.execute(update(api_tokens).where(row).values(last_used_at=at))
            for name, at in people.items():
                write.connection.execute(update(users).where(users.c.name == name).values(last_seen_at=at))


def _users(connection: Connection) -> list[User]:
    return [
        User(
            row["name"],
            Role(row["role"]),
            row["password_hash"],
            row["session_version"],
            row["disabled_at"],
            created_at=row["created_at"],
            last_seen_at=row["last_seen_at"],
        )
        for row in connection.execute(select(users).order_by(users.c.name)).mappings()
    ]


def _user_values(user: User) -> dict[str, object]:
    return {
        "role": user.role.value,
        "password_hash": user.password_hash,
        "session_version": user.session_version,
        "disabled_at": user.disabled_at,
    }


def _told_of_user(user: User | None, old: User | None) -> Mapping[str, object]:
    if user is None:
        return {}
    new_password = old is not None and user.password_hash != old.password_hash
    return {
        "role": user.role.value,
        "disabled": user.disabled_at is not None,
        **({"password": "changed"} if new_password else {}),
    }


def _token(row: RowMapping) -> ApiToken:
    return ApiToken(
        id=row["id"],
        name=row["name"],
        hash=row["hash"],
        role=Role(row["role"]),
        scopes=frozenset(Scope(name) for name in row["scopes"]),
        created_by=row["created_by"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
        revoked_at=row["revoked_at"],
    )


def _token_values(token: ApiToken) -> dict[str, object]:
    return {
        "id": token.id,
        "name": token.name,
        "hash": token.hash,
        "role": token.role.value,
        "scopes": sorted(scope.value for scope in token.scopes),
        "created_by": token.created_by,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
        "revoked_at": token.revoked_at,
    }


def _told(token: ApiToken) -> Mapping[str, object]:
    return {"name": token.name, "role": token.role.value, "scopes": sorted(token.scopes)}
