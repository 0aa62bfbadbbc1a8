"""The shapes of Prometheus' http_sd."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, RootModel, StringConstraints

from ..base import Input


class TargetQuery(Input):
    kind: Annotated[str, StringConstraints(max_length=64)] | None = None


class TargetGroup(BaseModel):
    targets: list[str]
    labels: dict[str, str]


class TargetList(RootModel[list[TargetGroup]]):
    """Prometheus' http_sd format."""
