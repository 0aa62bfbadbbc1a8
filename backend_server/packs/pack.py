"""A pack and the plan of its installation: documents in, differences out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from backend_server.documents.document import Document
from backend_server.documents.static_document import StaticDocumentStatus, static_document
from backend_server.primitives.ids import Maker


@dataclass(frozen=True, slots=True)
class Pack:
    """Dashboards that belong together. `name` is the slot of their documents, `folder` their folder in Grafana."""

    name: str
    title: str
    description: str
    folder: str
    dashboards: Mapping[str, Mapping[str, Any]] = field(repr=False)

    def documents(self) -> tuple[Document, ...]:
        """Return the documents, each with a uid of its own: a pack never replaces what somebody else made."""
        return tuple(
            static_document(dashboard, Maker.PACK, self.name, slug)
            for slug, dashboard in sorted(self.dashboards.items())
        )


@dataclass(frozen=True, slots=True)
class PackPlan:
    """What installing a pack would change, by slug; `version` names the contents."""

    version: str
    add: tuple[str, ...] = ()
    change: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """`not installed`, `installed`, or `upgradable` when some document differs."""
        if not (self.change or self.remove or self.keep):
            return "not installed"
        return "upgradable" if self.add or self.change or self.remove else "installed"

    def as_json(self) -> dict[str, object]:
        """Return the plan as answers show it."""
        return {"add": self.add, "change": self.change, "remove": self.remove, "keep": self.keep}


def plan_install(documents: Iterable[Document], installed: Iterable[StaticDocumentStatus]) -> PackPlan:
    """Compare a pack's documents with those of it that are installed; touch nothing."""
    wanted = {document.object_id: document.content for document in documents}
    there = {status.object_id: status.content for status in installed}
    both = sorted(wanted.keys() & there.keys())
    return PackPlan(
        hashlib.sha256("".join(f"{slug}\0{wanted[slug]}\n" for slug in sorted(wanted)).encode()).hexdigest()[:16],
        add=tuple(sorted(wanted.keys() - there.keys())),
        change=tuple(slug for slug in both if wanted[slug] != there[slug]),
        remove=tuple(sorted(there.keys() - wanted.keys())),
        keep=tuple(slug for slug in both if wanted[slug] == there[slug]),
    )
