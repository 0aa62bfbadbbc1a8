"""The shapes of ready-made dashboards."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import RootModel, StringConstraints

from ..base import Answer, BoundedInput
from ..generator.schemas import ProvidedShape


class PackPath(BoundedInput):
    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,31}$")]


class PackChanges(Answer):
    add: list[str]
    change: list[str]
    remove: list[str]
    keep: list[str]


class PackShape(Answer):
    name: str
    title: str
    description: str
    folder: str
    version: str
    state: Literal["not installed", "installed", "upgradable"]
    changes: PackChanges
    documents: list[ProvidedShape]


class PackList(RootModel[list[PackShape]]):
    """The packs that ship."""
