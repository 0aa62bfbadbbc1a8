"""The declared shapes of links. The rules themselves live in `links`, which reads the raw body; these document them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, RootModel, StringConstraints

from ..schemas import PORT, V6, Answer, DeviceIdText, Input, LinkAnswer, PageQuery, ProfileName, SlotText, TimeText

_NAME = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
ORIGIN = rf"^https?://((\*\.)?{_NAME}(\.{_NAME})*|{V6}){PORT}$"
Origin = Annotated[str, StringConstraints(pattern=ORIGIN, max_length=200)]
Ancestors = Annotated[
    list[Origin],
    Field(max_length=20, description="Origins that may embed it; none = any.", examples=[["https://app.example.com"]]),
]
Label = Annotated[str, StringConstraints(max_length=200)]
SlugText = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$")]
Password = Annotated[str, StringConstraints(min_length=8, max_length=256)]


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
    document: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")] | None = None


class Rotation(Input):
    """How a token is replaced; without a body the old one is over at once."""

    grace_seconds: int | None = Field(
        None, ge=0, le=2_592_000, description="For how long the old token still opens the link."
    )


class LinkList(RootModel[list[LinkAnswer]]):
    """One page of links."""


class Switch(Answer):
    """Whether links are on as a whole."""

    links_on: bool
