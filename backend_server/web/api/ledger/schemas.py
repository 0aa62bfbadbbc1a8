"""The declared shapes of the ledger and the audit."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, RootModel, StringConstraints

from ..base import Answer, Input, PageQuery

# A parameter takes no example in OpenAPI's form of it, so this is not `base.TimeText`.
Moment = Annotated[str, StringConstraints(max_length=40)]
_ACTION = r"^[a-z][a-z_.-]{0,62}\*?$"


class LedgerQuery(Input):
    days: int = Field(30, ge=1, le=3660, description="How many days back, today included.")


class AuditQueryText(PageQuery):
    object: Annotated[str, StringConstraints(max_length=128)] | None = Field(None, description="An object's id.")
    kind: Annotated[str, StringConstraints(max_length=32)] | None = Field(None, description="E.g. `link`, `device`.")
    actor: Annotated[str, StringConstraints(max_length=128)] | None = None
    action: Annotated[str, StringConstraints(pattern=_ACTION)] | None = Field(
        None, description="An action such as `link.pause`, or the beginning of its name and `*`."
    )
    since: Moment | None = Field(None, description="RFC 3339; actions at this time included.")
    until: Moment | None = Field(None, description="RFC 3339; actions at this time not included.")


class AuditShape(Answer):
    """One action. Actions are only ever added."""

    id: int
    at: str
    actor: str
    action: str
    object_kind: str
    object_id: str
    details: dict[str, Any]


class AuditList(RootModel[list[AuditShape]]):
    """What was done, newest first."""


class DayShape(Answer):
    day: str = Field(description="UTC.", examples=["2026-01-31"])
    views: int
    refused: dict[str, int] = Field(description="Refused requests by reason.")


class LedgerAnswer(Answer):
    """Who made, changed and saw a link. No visitor's address is kept."""

    token: str
    slug: str
    label: str
    state: str
    device: str | None = None
    document: str | None = None
    slot: str
    document_uid: str
    title: str
    created_by: str
    created_at: str
    first_seen_at: str | None = None
    last_seen_at: str | None = None
    views_total: int
    from_day: str
    views: int
    refused: dict[str, int]
    days: list[DayShape]
    changes: list[AuditShape]
