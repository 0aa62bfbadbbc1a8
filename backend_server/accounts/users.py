"""People at work: who they are, what an administrator changes about them, and a person's own password.

Whatever takes a right away (a new password, another role, disabling) also ends the person's sessions, and the last
administrator who can still sign in stays one.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import replace

from backend_server.errors import Conflict, InvalidInput, NotFound, Problem
from backend_server.primitives.passwords import hash_password, verify_password

from .model import Actor, Role, User
from .ports import UserStore

USER_NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}"
_NAME = re.compile(USER_NAME_PATTERN)
_VERSIONS = 2**30  # fits the column with room for every change to come


class UserBook:
    """Manages the people who may sign in; thread-safe, and safe beside other processes."""

    def __init__(self, store: UserStore) -> None:
        self._store = store

    def all(self) -> list[User]:
        """Return all people by name, disabled ones included."""
        return list(self._store.users())

    def create(self, name: str, role: Role, password: str, *, by: Actor) -> User:
        """Add a person; raises InvalidInput for a name or password that cannot be one, Conflict for a taken name."""
        if not _NAME.fullmatch(name):
            raise InvalidInput(
                [Problem("name", "must be 1 to 64 letters, digits or . _ @ + -, and begin with a letter or digit")]
            )
        # A random first version: a session of an earlier person of this name must not open the new one's account.
        new = User(name, role, hash_password(password), 1 + secrets.randbelow(_VERSIONS))

        def add(users: Mapping[str, User]) -> User:
            if name in users:
                raise Conflict(f"There is a user called {name!r} already.", details={"name": name})
            return new

        added = self._store.change_user(name, add, by=by.name, action="user.create")
        assert added is not None  # `add` gives a user
        return added

    def edit(
        self,
        name: str,
        *,
        role: Role | None = None,
        disabled: bool | None = None,
        password: str | None = None,
        by: Actor,
    ) -> User:
        """Change the given fields and leave the others.

        Raises NotFound, InvalidInput for a password that cannot be one, Conflict for the last administrator.
        """
        hashed = None if password is None else hash_password(password)
        now = self._store.now_ms()

        def change(users: Mapping[str, User]) -> User:
            user = _known(users, name)
            new = replace(user, role=role or user.role, password_hash=hashed or user.password_hash)
            if disabled is not None and disabled != (user.disabled_at is not None):
                new = replace(new, disabled_at=now if disabled else None)
            if new == user:
                return user
            _keep_an_administrator(users, name, new)
            return replace(new, session_version=user.session_version + 1)

        changed = self._store.change_user(name, change, by=by.name, action="user.edit")
        assert changed is not None  # `change` gives a user
        return changed

    def remove(self, name: str, *, by: Actor) -> None:
        """Remove a person for good; raises NotFound, Conflict for the last administrator."""

        def drop(users: Mapping[str, User]) -> None:
            _known(users, name)
            _keep_an_administrator(users, name, None)

        self._store.change_user(name, drop, by=by.name, action="user.remove")

    def change_own_password(self, actor: Actor, old: str, new: str) -> User:
        """Set a signed-in person's password; all sessions end (the caller's goes on with the new version).

        Raises Conflict for callers without one (tokens), WrongPassword, InvalidInput for one that cannot be used.
        """
        mine = next((user for user in self._store.users() if user.name == actor.name), None)
        if not actor.by_session or mine is None:
            raise Conflict("Only a person who signed in has a password to change; tokens are made anew instead.")
        if not verify_password(mine.password_hash, old):
            raise WrongPassword([Problem("old_password", "is not your present password")])
        hashed = hash_password(new)

        def change(users: Mapping[str, User]) -> User:
            user = _known(users, actor.name)
            if user.password_hash != mine.password_hash:
                raise Conflict("The password was changed meanwhile; sign in again.")
            return replace(user, password_hash=hashed, session_version=user.session_version + 1)

        changed = self._store.change_user(actor.name, change, by=actor.name, action="user.password")
        assert changed is not None  # `change` gives a user
        return changed


class WrongPassword(InvalidInput):
    """The old password given with a new one is not the present one (422)."""

    code = "wrong_password"


def _known(users: Mapping[str, User], name: str) -> User:
    user = users.get(name)
    if user is None:
        raise NotFound(f"There is no user {name[:64]!r}.")
    return user


def _keep_an_administrator(users: Mapping[str, User], name: str, new: User | None) -> None:
    after = {**users, name: new}
    before_had = any(_administers(user) for user in users.values())
    if before_had and not any(_administers(user) for user in after.values()):
        raise Conflict(
            f"{name!r} is the last administrator; make somebody else one first.", details={"last_administrator": name}
        )


def _administers(user: User | None) -> bool:
    return user is not None and user.role is Role.ADMIN and user.disabled_at is None
