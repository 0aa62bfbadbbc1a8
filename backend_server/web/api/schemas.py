"""The API's declared shapes: what bodies and parameters may be, and what answers look like.

Inputs are strict (an unknown field is a mistake, so it is refused); answers only document. The hook's body is declared
here and checked by the registry, which compares before it validates.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, StringConstraints

DEVICE_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
TOKEN = r"^[0-9a-f]{32}$"  # noqa: S105 - a pattern
TOKEN_NAME = r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$"  # noqa: S105 - a pattern
SLOT = r"^[a-z][a-z0-9-]{0,31}$"
TEMPLATE = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"
DURATION = r"^([0-9]{1,5}|([0-9]{1,5}m)?([0-9]{1,5}s)?([0-9]{1,5}ms)?)$"

DeviceIdText = Annotated[str, StringConstraints(pattern=DEVICE_ID)]
TokenText = Annotated[str, StringConstraints(pattern=TOKEN)]
SlotText = Annotated[str, StringConstraints(pattern=SLOT)]
ShortText = Annotated[str, StringConstraints(max_length=253)]
TimeText = Annotated[
    str,
    StringConstraints(max_length=40),
    Field(description="RFC 3339 with an offset.", examples=["2026-01-31T12:00:00Z"]),
]


class Input(BaseModel):
    model_config = ConfigDict(extra="forbid", str_max_length=1_000_000)


class Answer(BaseModel):
    model_config = ConfigDict(extra="allow")


class ProblemShape(Answer):
    """One thing wrong at one place."""

    path: str
    message: str
    line: int | None = None
    column: int | None = None


class ErrorShape(BaseModel):
    """What went wrong; `code` is stable, `message` is for people."""

    code: str
    message: str
    details: dict[str, Any]
    request_id: str


class ErrorAnswer(BaseModel):
    """The one shape of every error."""

    error: ErrorShape


class Message(BaseModel):
    """A deletion's answer."""

    message: str


# Paths and queries


class DevicePath(Input):
    device_id: DeviceIdText


class TokenPath(Input):
    token: TokenText


class ApiTokenPath(Input):
    token_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]


class TemplatePath(Input):
    name: Annotated[str, StringConstraints(pattern=TEMPLATE)]


class PageQuery(Input):
    page: int = Field(1, ge=1, le=1_000_000)
    per_page: int = Field(100, ge=1, le=1000)


class DeviceQuery(PageQuery):
    state: Literal["active", "stale", "retired"] | None = None
    kind: Annotated[str, StringConstraints(max_length=64)] | None = None
    search: Annotated[str, StringConstraints(max_length=253)] | None = Field(
        None, description="Part of the id or the hostname."
    )


class WaitQuery(Input):
    wait: Annotated[str, StringConstraints(pattern=DURATION)] | None = Field(
        None,
        description="Block until the link is live, at most so long (`10s`, up to 30s); 202 when it is not by then.",
    )


class TargetQuery(Input):
    kind: Annotated[str, StringConstraints(max_length=64)] | None = None


# Devices

LabelName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
LabelValue = Annotated[str, StringConstraints(max_length=253)]
Kind = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
ProfileName = Literal["light", "dark", "wall", "explore", "report"]
PORT = r"(:(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3}))?"
_H = "[0-9a-f]{1,4}"
V6 = rf"\[({_H}(:{_H}){{7}}|({_H}(:{_H}){{0,4}})?::({_H}(:{_H})?)?|({_H}(:{_H})?)?::({_H}(:{_H}){{0,4}})?)\]"
Address = Annotated[
    str,
    StringConstraints(
        max_length=300, pattern=rf"^https?://([A-Za-z0-9]([A-Za-z0-9.-]{{0,60}}[A-Za-z0-9])?|{V6}){PORT}$"
    ),
]

Labels = Annotated[
    dict[LabelName, LabelValue],
    Field(max_length=32, examples=[{"site": "north"}]),
]


class DeviceBody(Input):
    """What a device is, as the hook's caller knows it; a field left out stays as it was."""

    hostname: Annotated[str, StringConstraints(min_length=1, max_length=253)] | None = Field(None, examples=["rig-1"])
    kind: Kind | None = Field(None, examples=["miner"])
    labels: Labels | None = None
    address: Address | None = Field(None, examples=["http://192.0.2.7"])
    share: bool | ProfileName | None = None


class BatchItem(DeviceBody):
    id: DeviceIdText


class Batch(RootModel[Annotated[list[BatchItem], Field(max_length=10_000)]]):
    """Up to 10,000 devices."""


class DeviceEdit(DeviceBody):
    """What a person sets by hand; it wins over what the hook sends. `null` takes it back."""


class Heartbeat(Input):
    epoch: Annotated[str, StringConstraints(max_length=64)] | None = Field(
        None, description="The store's epoch as the client knows it."
    )
    count: int = Field(ge=0, le=10_000_000, description="How many devices the client looks after.")
    client: Annotated[str, StringConstraints(max_length=255)] | None = Field(
        None, description="The client's name for people; it is told apart by the header `X-Dashwright-Client`."
    )


class HeartbeatAnswer(Answer):
    epoch: str
    resend: bool = Field(description="The epoch differs or devices are missing: send everything again.")


class DeviceShape(Answer):
    id: str
    hostname: str
    kind: str
    labels: dict[str, str]
    address: str | None = None
    share: str | bool
    state: str


class DashboardShape(Answer):
    slot: str
    uid: str
    title: str
    state: str


class LinkShort(Answer):
    url: str
    embed_url: str
    token: str
    slug: str
    state: str


class DeviceAnswer(Answer):
    """The hook's answer."""

    device: DeviceShape
    dashboards: list[DashboardShape]
    link: LinkShort | None = None


class BatchResult(Answer):
    id: Any
    status: int
    error: ErrorShape | None = None


class BatchAnswer(Answer):
    results: list[BatchResult]


class DeviceList(RootModel[list[DeviceAnswer]]):
    """One page of devices."""


# Links


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


class DeviceDashboards(Answer):
    dashboards: list[DashboardShape]
    links: list[LinkAnswer]


# Templates and the plan


class TemplateShape(Answer):
    """A template in use, or one whose file is broken (`error`); the last good version of a broken one stays in use."""

    name: str
    slot: str | None = None
    scope: str | None = None
    hash: str | None = None
    in_use: bool
    error: str | None = None
    doubt: str | None = Field(None, description="Another template that applies to the same devices, and which wins.")


class TemplateAnswer(TemplateShape):
    source: str | None


class TemplateList(RootModel[list[TemplateShape]]):
    """All templates in use."""


class TemplateSource(Input):
    name: Annotated[str, StringConstraints(pattern=TEMPLATE)] = Field("posted.json", examples=["router.json"])
    source: Annotated[str, StringConstraints(max_length=4_000_000)] = Field(
        description="The template file's whole text.", examples=['{"title": "<< device.title >>", "panels": []}']
    )


class ShareProblemShape(Answer):
    """What a public dashboard cannot show; `panel` is null where it is the dashboard's own."""

    feature: str
    path: str
    panel: str | None
    panel_id: int | None
    why: str
    remedy: str


class TemplateVerdict(Answer):
    ok: bool
    problems: list[ProblemShape]
    unshareable: list[ShareProblemShape]


class TemplatePlan(Answer):
    """What a template would change: of `devices` the first `planned` were looked at; `changes` holds at most 200."""

    devices: int
    planned: int
    changed: int
    changes: list[dict[str, Any]]


class RenderRequest(Input):
    device: DeviceIdText


class DocumentAnswer(Answer):
    """A filled document as it would be written."""

    uid: str
    content: str
    document: dict[str, Any]


class PlanStep(Answer):
    uid: str
    title: str
    file: str


class PlanAnswer(Answer):
    """What the next pass would do."""

    steps: list[PlanStep]
    held: list[PlanStep]
    unchanged: int
    documents: int


# Tokens, Prometheus


class NewToken(Input):
    name: Annotated[str, StringConstraints(pattern=TOKEN_NAME)] = Field(examples=["ci"])
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


class TargetGroup(BaseModel):
    targets: list[str]
    labels: dict[str, str]


class TargetList(RootModel[list[TargetGroup]]):
    """Prometheus' http_sd format."""
