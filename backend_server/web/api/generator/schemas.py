"""The declared shapes of `/api/generator`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, RootModel, StringConstraints, field_validator

from backend_server.documents.reading import MAX_DEPTH, depth_of
from backend_server.errors import Problem

from ..base import Answer, BoundedInput, ProblemShape
from ..rules import refuse

# A slug stands in file names and addresses; what has another shape is no slug of ours.
SLUG = r"^[a-z][a-z0-9_-]{0,63}$"
SlugText = Annotated[str, StringConstraints(pattern=SLUG)]
SourceText = Annotated[str, StringConstraints(min_length=1, max_length=4_194_304)]
FolderText = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class SlugPath(BoundedInput):
    slug: SlugText


class SpecPath(BoundedInput):
    name: Annotated[str, StringConstraints(pattern=SLUG)]


class SourceBody(BoundedInput):
    """A file's text, YAML or JSON."""

    source: SourceText


class JobBody(BoundedInput):
    """What to generate from; without `spec` the shipped one is taken, without `plan` the shipped plans it feeds."""

    spec: SourceText | None = None
    plan: SourceText | None = None
    only: list[SlugText] = Field(default_factory=list, max_length=500)
    dense: bool = False


class ProvisionBody(JobBody):
    folder: FolderText = Field("Generated", description="Grafana folder; a document's folder never changes.")
    prune: bool = Field(False, description="Withdraw provisioned dashboards that this job does not make.")


Dashboards = dict[SlugText, dict[str, Any]]


class DashboardsBody(BoundedInput):
    """Dashboards by slug, perhaps."""

    dashboards: Dashboards | None = Field(None, max_length=500)

    @field_validator("dashboards")
    @classmethod
    def _are_not_too_deep(cls, dashboards: Dashboards | None) -> Dashboards | None:
        refuse(
            [
                Problem(f"dashboards.{slug}", f"is nested deeper than {MAX_DEPTH} levels; no dashboard is")
                for slug, document in (dashboards or {}).items()
                if depth_of(document) > MAX_DEPTH
            ]
        )
        return dashboards


class VerifyBody(JobBody, DashboardsBody):
    """`dashboards` by slug are compared; without it, those that are provisioned."""


class CoverageBody(DashboardsBody):
    """`dashboards` by slug are looked at; without it, those that are provisioned."""

    spec: SourceText | None = None


class RulesBody(BoundedInput):
    spec: SourceText | None = None


class DiffBody(BoundedInput):
    """Two inventories as they were exported, CSV or JSON lines."""

    previous: SourceText
    current: SourceText


class InventoryQuery(BoundedInput):
    format: Literal["json", "csv", "jsonl"] = "json"
    source: Annotated[str, StringConstraints(max_length=300)] = Field(
        "", description="Only panels of these sources, separated by commas."
    )


class DiscoverQuery(BoundedInput):
    match: Annotated[str, StringConstraints(max_length=1000)] = Field(
        "", description="Only metrics whose name begins with one of these, separated by commas."
    )


class SpecShape(Answer):
    name: str
    hash: str
    families: dict[str, int] = Field(description="Metrics by family.")


class SpecList(RootModel[list[SpecShape]]):
    """The specs that ship."""


class SpecAnswer(SpecShape):
    source: str


class SpecVerdict(Answer):
    ok: bool
    problems: list[ProblemShape]
    hash: str | None = None
    families: dict[str, int] | None = None


class PlanShape(Answer):
    slug: str
    title: str
    families: list[str]
    description: str
    tags: list[str]
    time: str
    refresh: str


class PlanList(RootModel[list[PlanShape]]):
    """The plans that ship."""


class PlanVerdict(Answer):
    ok: bool
    problems: list[ProblemShape]
    plans: list[PlanShape] | None = None


class GeneratedShape(Answer):
    slug: str
    uid: str
    title: str
    panel_count: int
    document: dict[str, Any]


class GeneratedAnswer(Answer):
    spec_hash: str
    warnings: list[str]
    dashboards: list[GeneratedShape]


class ProvidedShape(Answer):
    uid: str
    slug: str
    title: str
    state: str
    reason: str | None = None
    version: str
    folder: str


class ProvidedList(RootModel[list[ProvidedShape]]):
    """Dashboards in the wanted set, in order of their slugs."""


class ProvisionAnswer(Answer):
    """Slugs by what became of them; `left` are provisioned ones that this job does not make."""

    spec_hash: str
    warnings: list[str]
    created: list[str]
    changed: list[str]
    unchanged: list[str]
    withdrawn: list[str]
    left: list[str]
    documents: list[ProvidedShape]


class DriftShape(Answer):
    slug: str
    changed_titles: list[str]
    added_titles: list[str]
    removed_titles: list[str]


class DriftAnswer(Answer):
    drift: bool
    tokens: list[str]
    details: list[DriftShape]
    warnings: list[str]


class EntryShape(Answer):
    slug: str
    title: str
    metric: str
    source: str
    panel_uuid: str


class EntryList(RootModel[list[EntryShape]]):
    """Generated panels."""

    model_config = {
        "openapi_extra": {  # type: ignore[typeddict-unknown-key]  # flask-openapi3's own key
            "content": {name: {"schema": {"type": "string"}} for name in ("text/csv", "application/x-ndjson")}
        }
    }


class RenamedShape(Answer):
    panel_uuid: str
    old_title: str
    new_title: str
    slug: str
    inferred: bool | None = None


class DiffAnswer(Answer):
    added: list[EntryShape]
    removed: list[EntryShape]
    renamed: list[RenamedShape]


class CoverageAnswer(Answer):
    complete: bool
    metrics_without_panel: list[str]
    panels_without_metric: list[str]
