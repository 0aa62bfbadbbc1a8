"""The shapes of links; their fields are read by the rules of `links`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, RootModel, StringConstraints, ValidationInfo, field_validator

from backend_server.errors import Problem
from backend_server.links import LinkEdit, LinkOptions, parse_profile
from backend_server.links.fields import (
    MAX_ANCESTORS,
    MAX_LABEL,
    MAX_NOTE,
    MAX_ORIGIN,
    NOTE_PATTERN,
    ORIGIN_PATTERN,
    parse_begin,
    parse_document_uid,
    parse_end,
    parse_frame_ancestors,
    parse_label,
    parse_note,
    parse_password,
    parse_slug,
    span_problems,
)
from backend_server.links.life import MAX_GRACE_SECONDS, parse_grace
from backend_server.links.profile import check_profile
from backend_server.primitives.ids import (
    LINK_TOKEN_PATTERN,
    SLUG_PATTERN,
    UID_PATTERN,
    DashboardUid,
    DeviceId,
    Slug,
    parse_device_id,
    parse_slot,
)
from backend_server.primitives.passwords import MAX_LENGTH, MIN_LENGTH
from backend_server.primitives.secret import Secret

from ..base import Answer, DeviceIdText, Input, PageQuery, SlotText, TimeText
from ..rules import RuledInput, read_by, refuse

OriginText = Annotated[str, StringConstraints(pattern=f"^{ORIGIN_PATTERN}$", max_length=MAX_ORIGIN)]
AncestorsText = Annotated[
    list[OriginText],
    Field(
        max_length=MAX_ANCESTORS,
        description="Origins that may embed it; none = any.",
        examples=[["https://app.example.com"]],
    ),
]
ProfileName = Literal["light", "dark", "wall", "explore", "report"]


TokenText = Annotated[str, StringConstraints(pattern=f"^{LINK_TOKEN_PATTERN}$")]


class TokenPath(Input):
    token: TokenText


class AnyTokenPath(Input):
    """What is no link's token is the token of no link: 404."""

    token: Annotated[str, PlainValidator(str, json_schema_input_type=TokenText)]


class LinkQuery(PageQuery):
    device: DeviceIdText | None = None
    document: Annotated[str, StringConstraints(max_length=40)] | None = None
    state: Literal["pending", "live", "paused", "not_yet", "expired", "revoked"] | None = None
    search: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        None, description="Part of the label, note, slug, device or title."
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


Note = Annotated[
    str,
    read_by(parse_note, Annotated[str, StringConstraints(max_length=MAX_NOTE, pattern=f"^{NOTE_PATTERN}$")]),
    Field(description="For the link's owner; no visitor sees it."),
]
Label = Annotated[str, read_by(parse_label, Annotated[str, StringConstraints(max_length=MAX_LABEL)])]
SlugName = Annotated[Slug, read_by(parse_slug, Annotated[str, StringConstraints(pattern=f"^{SLUG_PATTERN}$")])]
Begin = Annotated[int, read_by(parse_begin, TimeText)]
End = Annotated[int, read_by(parse_end, TimeText)]
Password = Annotated[
    Secret,
    read_by(parse_password, Annotated[str, StringConstraints(min_length=MIN_LENGTH, max_length=MAX_LENGTH)]),
]
Ancestors = Annotated[tuple[str, ...], read_by(parse_frame_ancestors, AncestorsText)]
DocumentUid = Annotated[
    DashboardUid, read_by(parse_document_uid, Annotated[str, StringConstraints(pattern=f"^{UID_PATTERN}$")])
]


class LinkEditBody(RuledInput):
    """What is to change; what is left out stays, null takes a field back."""

    label: Label | None = None
    note: Note | None = None
    slug: SlugName | None = None
    profile: Annotated[Any, read_by(check_profile, Profile | ProfileName)] | None = None
    not_before: Begin | None = None
    expires_at: End | None = None
    password: Password | None = None
    frame_ancestors: Ancestors | None = None

    def edit(self) -> LinkEdit:
        """Return it as `links` takes it."""
        return LinkEdit.of(self.given())

    @classmethod
    def not_an_object(cls, raw: object) -> str:
        return 'must be an object such as {"label": "Lobby"}'

    @classmethod
    def problems_together(cls, raw: Mapping[str, Any]) -> list[Problem]:
        return [Problem("slug", "cannot be taken away")] if raw.get("slug", "") is None else []

    @field_validator("expires_at")
    @classmethod
    def _ends_after_it_begins(cls, expires_at: int | None, read: ValidationInfo) -> int | None:
        refuse(span_problems(read.data.get("not_before"), expires_at))
        return expires_at


class LinkTarget(RuledInput):
    """What a link points at."""

    device: Annotated[DeviceId, read_by(parse_device_id, DeviceIdText)] | None = None
    slot: Annotated[str, read_by(parse_slot, SlotText)] | None = None
    document: DocumentUid | None = None


class NewLink(LinkEditBody, LinkTarget):
    """A link to a device's dashboard (`device`, `slot`) or to any document (`document`, its uid)."""

    def options(self) -> LinkOptions:
        """Return it as `links` takes it."""
        given = {name: value for name, value in self.given().items() if value is not None}
        return LinkOptions(**given | {"profile": parse_profile(given.get("profile"))})

    @classmethod
    def not_an_object(cls, raw: object) -> str:
        return 'must be an object such as {"device": "rig-1"}'

    @classmethod
    def problems_together(cls, raw: Mapping[str, Any]) -> list[Problem]:
        problems = []
        if (raw.get("device") is None) == (raw.get("document") is None):
            problems.append(Problem("device", "name either a device (and a slot) or a document, exactly one of both"))
        if raw.get("document") is not None and raw.get("slot") is not None:
            problems.append(Problem("slot", "belongs to a device; a document is named by its uid alone"))
        return problems


class Rotation(RuledInput):
    """How a token is replaced; without a body the old one is over at once."""

    grace_seconds: Annotated[int, read_by(parse_grace, Annotated[int, Field(ge=0, le=MAX_GRACE_SECONDS)])] | None = (
        Field(None, description="For how long the old token still opens the link.")
    )

    @classmethod
    def not_an_object(cls, raw: object) -> str:
        return 'must be an object such as {"grace_seconds": 60}'


class LinkShort(Answer):
    url: str
    embed_url: str
    token: str
    slug: str
    state: str


class LinkAnswer(LinkShort):
    """A link, as those who look after it see it. `views` and the two `…seen_at` are written once a minute."""

    label: str
    note: str = Field(description="For the link's owner; no visitor sees it.")
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
