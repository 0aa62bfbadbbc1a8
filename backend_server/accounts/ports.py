"""What the accounts need from outside: rows and the database's clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from backend_server.primitives.secret import Secret

from .model import ApiToken, User, UserChange


class AccountStore(Protocol):
    """Users and tokens as rows. Writers also write the audit row of what they did, in the same transaction."""

    def change_number(self) -> int:
        """Return the change number of users and tokens; cheap enough to ask at every request."""

    def now_ms(self) -> int:
        """Return the present moment in epoch milliseconds."""

    def tokens(self) -> Sequence[ApiToken]:
        """Return all tokens, revoked and expired ones included, newest first."""

    def users(self) -> Sequence[User]:
        """Return all users."""

    def add_token(self, token: ApiToken, *, by: str) -> None:
        """Store a new token; raises Conflict when the name is taken."""

    def replace_token(self, token: ApiToken, *, by: str) -> None:
        """Store a token in the place of the one with the same name, if any."""

    def revoke_token(self, token_id: str, *, by: str) -> bool:
        """Revoke a token for good; False when there is none with this id."""

    def put_user(self, user: User, *, by: str) -> None:
        """Store a user or the user's new password and session version."""

    def touch(self, tokens: Mapping[str, int], people: Mapping[str, int]) -> None:
        """Write when tokens (by id) and people (by name) were last seen."""


class KeyValues(Protocol):
    """Named values that outlive restarts."""

    def get(self, name: str) -> str | None: ...

    def set(self, name: str, value: str | None) -> None:
        """Store a value; None removes it."""


class UserStore(Protocol):
    """Users as rows, changed one at a time under a rule that looks at all of them."""

    def users(self) -> Sequence[User]:
        """Return all users."""

    def now_ms(self) -> int:
        """Return the present moment in epoch milliseconds."""

    def change_user(self, name: str, change: UserChange, *, by: str, action: str) -> User | None:
        """Store what `change` makes of all users by name for `name`; None removes the user.

        Nobody else writes between its look and the storing; what it raises leaves everything as it was. An unchanged
        user costs no row. The audit gets `action`.
        """


class SecretKeeper(Protocol):
    """Named secrets that are made once and outlive restarts."""

    def find(self, name: str) -> Secret | None:
        """Return a secret that was made before."""

    def ensure(self, name: str, make: Callable[[], str]) -> Secret:
        """Return a secret, making and storing it when there is none."""
