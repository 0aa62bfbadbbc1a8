"""Static documents: those that somebody publishes as they are, rather than a template; checked, named, stamped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backend_server.errors import InvalidInput, Problem
from backend_server.primitives.ids import DashboardUid, Maker, dashboard_uid

from .document import Document, stamp
from .preflight import preflight
from .status import DocumentState


@dataclass(frozen=True, slots=True)
class StaticDocument:
    """A static document without its bytes; `version` names what it was made of (a spec's hash, a pack's version)."""

    uid: DashboardUid
    title: str
    content: str
    version: str


@dataclass(frozen=True, slots=True)
class StaticDocumentStatus:
    """A static document and how far it has come; `file` is relative to DASHBOARDS_DIR."""

    uid: DashboardUid
    object_id: str
    title: str
    content: str
    version: str
    file: str
    state: DocumentState
    reason: str | None

    def as_json(self) -> dict[str, object]:
        """Return the status as answers show it."""
        return {
            "uid": self.uid,
            "slug": self.object_id,
            "title": self.title,
            "state": self.state,
            "reason": self.reason,
            "version": self.version,
            "folder": self.file.split("/")[1] if self.file.count("/") > 1 else "",
        }


def static_document(dashboard: Mapping[str, object], maker: Maker, slot: str, object_id: str) -> Document:
    """Return the document of a v1 dashboard, its uid derived from its parts; raises InvalidInput (preflight)."""
    named = {**dashboard, "uid": dashboard_uid(maker, slot, object_id)}
    named.pop("id", None)  # a number of some other Grafana's database
    problems = preflight(named)
    if problems:
        placed = [Problem(f"{object_id}: {problem.path}".rstrip(": "), problem.message) for problem in problems]
        raise InvalidInput(placed, what="The dashboard")
    return stamp(named, maker, slot, object_id)
