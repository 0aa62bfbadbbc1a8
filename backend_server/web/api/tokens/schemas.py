"""Shapes of people: what may be said about them and what is told."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, RootModel, StringConstraints

from ..schemas import Answer, Input

PasswordText = Annotated[
    str,
    StringConstraints(min_length=8, max_length=256),
    Field(json_schema_extra={"format": "password", "writeOnly": True}),
]
RoleText = Literal["viewer", "editor", "admin"]


class UserPath(Input):
    """A person by name."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class NewUser(Input):
    """A person to be added."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$")] = Field(examples=["ann"])
    role: RoleText = "viewer"
    password: PasswordText


class UserEdit(Input):
    """What is left out stays. Whatever is changed ends the person's sessions."""

    role: RoleText | None = None
    disabled: bool | None = None
    password: PasswordText | None = None


class OwnPassword(Input):
    """Another password for oneself."""

    old_password: Annotated[
        str, StringConstraints(max_length=256), Field(json_schema_extra={"format": "password", "writeOnly": True})
    ]
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
