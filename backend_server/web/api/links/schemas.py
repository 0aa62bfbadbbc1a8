"""The declared shapes of links. The rules themselves live in `links`, which reads the raw body; these document them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, RootModel, StringConstraints

from backend_server.accounts.passwords import MAX_LENGTH, MIN_LENGTH
from backend_server.links.fields import MAX_ANCESTORS, MAX_LABEL, MAX_ORIGIN, ORIGIN_PATTERN
from backend_server.links.life import MAX_GRACE_SECONDS
from backend_server.primitives.ids import LINK_TOKEN_PATTERN, SLUG_PATTERN, UID_PATTERN

from ..base import Answer, DeviceIdText, Input, PageQuery, SlotText, TimeText

Origin = Annotated[str, StringConstraints(pattern=f"^{ORIGIN_PATTERN}$", max_length=MAX_ORIGIN)]
Ancestors = Annotated[
    list[Origin],
    Field(
        max_length=MAX_ANCESTORS,
        description="Origins that may embed it; none = any.",
        examples=[["https://app.example.com"]],
    ),
]
Label = Annotated[str, StringConstraints(max_length=MAX_LABEL)]
SlugText = Annotated[str, StringConstraints(pattern=f"^{SLUG_PATTERN}$")]
DocumentUid = Annotated[str, StringConstraints(pattern=f"^{UID_PATTERN}$")]
Password = Annotated[str, StringConstraints(min_length=MIN_LENGTH, max_length=MAX_LENGTH)]


ProfileName = Literal["light", "dark", "wall", "explore", "report"]


class TokenPath(Input):
    token: Annotated[str, StringConstraints(pattern=f"^{LINK_TOKEN_PATTERN}$")]


class LinkQuery(PageQuery):
    device: DeviceIdText | None = None
    document: Annotated[str, StringConstraints(max_length=40)] | None = None
    state: Literal["pending", "live", "paused", "not_yet", "expired", "revoked"] | None = None
    search: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        None, description="Part of the label, slug, device or title."
    )
    unused_days: int | None = Field(
        None, ge=1, le=3650, description="Only links that are not over and that nobody opened for so many days."
    )


class Profile(Input):
    """How the link's page looks and what a visitor may change; an empty refresh, from or to is the dashboard's own."""

    theme: Literal["auto", "light", "dark"] | None = None
    refresh: Annotated[str, StringConstraints(max_length=16)] | None = Field(None, examples=["5s"])
    from_: Annotated[str, StringConstraints(max_length=64)] | None = Field(None, alias="from", examples=["now-1h"])
    to: Annotated[str, StringConstraints(max_length=64)] | None = Field(None, examples=["now"])
    picker: bool | None = None
    chrome: bool | None = None
    transparent: bool | None = None


class LinkEditBody(Input):
    """What is to change; what is left out stays, null takes a field back."""

    label: Label | None = None
    slug: SlugText | None = None
    profile: Profile | ProfileName | None = None
    not_before: TimeText | None = None
    expires_at: TimeText | None = None
    password: Password | None = None
    frame_ancestors: Ancestors | None = None


class NewLink(LinkEditBody):
    """A link to a device's dashboard (`device`, `slot`) or to any document (`document`, its uid)."""

    device: DeviceIdText | None = None
    slot: SlotText | None = None
    document: DocumentUid | None = None


class Rotation(Input):
    """How a token is replaced; without a body the old one is over at once."""

    grace_seconds: int | None = Field(
        None, ge=0, le=MAX_GRACE_SECONDS, description="For how long the old token still opens the link."
    )


class LinkShort(Answer):
    url: str
    embed_url: str
    token: str
    slug: str
    state: str


class LinkAnswer(LinkShort):
    """A link, as those who look after it see it. `views` and the two `…seen_at` are written once a minute."""

    label: str
    slug_url: str
    device: str | None = None
    document: str | None = None
    slot: str
    document_uid: str
    is_default: bool = Field(description="The device's own link, the one the hook answers with.")
    profile: dict[str, Any]
    not_before: str | None = None
    expires_at: str | None = None
    has_password: bool
    frame_ancestors: list[str]
    created_by: str
    created_at: str
    updated_at: str
    first_seen_at: str | None = None
    last_seen_at: str | None = None
    views: int


class LinkList(RootModel[list[LinkAnswer]]):
    """One page of links."""


class Switch(Answer):
    """Whether links are on as a whole."""

    links_on: bool
