"""The shapes of people: what may be set and what is shown."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, RootModel, StringConstraints

from backend_server.accounts.users import USER_NAME_PATTERN
from backend_server.primitives.passwords import MAX_LENGTH, MIN_LENGTH

from ..base import Answer, Input

_IS_PASSWORD = Field(json_schema_extra={"format": "password", "writeOnly": True})
PasswordText = Annotated[str, StringConstraints(min_length=MIN_LENGTH, max_length=MAX_LENGTH), _IS_PASSWORD]
AnyPasswordText = Annotated[str, StringConstraints(max_length=MAX_LENGTH), _IS_PASSWORD]
RoleText = Literal["viewer", "editor", "admin"]


class UserPath(Input):
    """A person by name."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class NewUser(Input):
    """A person to be added."""

    name: Annotated[str, StringConstraints(pattern=f"^{USER_NAME_PATTERN}$")] = Field(examples=["ann"])
    role: RoleText = "viewer"
    password: PasswordText


class UserEdit(Input):
    """What is left out stays. Whatever is changed ends the person's sessions."""

    role: RoleText | None = None
    disabled: bool | None = None
    password: PasswordText | None = None


class OwnPassword(Input):
    """A new password for oneself."""

    old_password: AnyPasswordText
    password: PasswordText


class UserShape(Answer):
    """A person, never with the password or its hash."""

    name: str
    role: str
    disabled: bool
    created_at: str | None = None
    last_seen_at: str | None = None


class UserList(RootModel[list[UserShape]]):
    """Everybody who may sign in, by name."""
