"""The shapes of API tokens, and of who is calling."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, RootModel, StringConstraints

from backend_server.accounts.model import TOKEN_ID_PATTERN, TOKEN_NAME_PATTERN

from ..base import Answer, Input, TimeText


class ApiTokenPath(Input):
    token_id: Annotated[str, StringConstraints(pattern=f"^{TOKEN_ID_PATTERN}$")]


class NewToken(Input):
    name: Annotated[str, StringConstraints(pattern=f"^{TOKEN_NAME_PATTERN}$")] = Field(examples=["ci"])
    role: Literal["viewer", "editor", "admin"] = "editor"
    scopes: list[str] = Field(default_factory=list, max_length=20)
    expires_at: TimeText | None = None


class TokenShape(Answer):
    id: str
    name: str
    role: str
    scopes: list[str]
    created_by: str
    created_at: str
    expires_at: str | None = None
    last_used_at: str | None = None
    revoked_at: str | None = None


class NewTokenAnswer(TokenShape):
    token: str = Field(description="The token itself; it is shown this once.")


class TokenList(RootModel[list[TokenShape]]):
    """All API tokens, newest first."""


class Me(Answer):
    name: str
    role: str
    scopes: list[str]
