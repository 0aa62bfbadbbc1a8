"""The shapes of templates."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, RootModel, StringConstraints

from ..base import Answer, DeviceIdText, Input, ProblemShape

TemplateName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]


class TemplatePath(Input):
    name: TemplateName


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
    name: TemplateName = Field("posted.json", examples=["router.json"])
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
