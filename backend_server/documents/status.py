"""How far a document has come, as it stands in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from backend_server.primitives.ids import DashboardUid


class Wanted(StrEnum):
    """Whether a document is to be there; the values are those stored."""

    PRESENT = "present"
    ABSENT = "absent"


class DocumentState(StrEnum):
    """How far a document has come; the values are those stored."""

    PENDING = "pending"
    WRITTEN = "written"
    LOADED = "loaded"
    LIVE = "live"
    FAILED = "failed"
    RETIRING = "retiring"
    GONE = "gone"

    @property
    def removed(self) -> DocumentState:
        """Return the state once removal is requested: a document that is gone already needs none."""
        return DocumentState.GONE if self is DocumentState.GONE else DocumentState.RETIRING

    def newest(self, *, dirty: bool) -> DocumentState:
        """Return the state of the newest version: what was proven of an earlier one says nothing of it."""
        return DocumentState.PENDING if dirty and self in PROVEN_STATES else self


# In these its last version can be shown.
PROVEN_STATES = frozenset({DocumentState.LOADED, DocumentState.LIVE})
# A document that is wanted again out of one of these begins at `pending`.
ENDED_STATES = frozenset({DocumentState.FAILED, DocumentState.GONE, DocumentState.RETIRING})
# What a row holds whose document the next pass is to look at, whatever became of it before.
LOOK_AGAIN: Mapping[str, object] = MappingProxyType({"dirty": True, "attempts": 0, "retry_at": 0})


@dataclass(frozen=True, slots=True)
class DocumentStatus:
    """A document's row without its hashes; `dirty` says that work is left to do."""

    uid: DashboardUid
    maker: str
    slot: str
    object_id: str
    title: str
    file: str  # relative to DASHBOARDS_DIR
    wanted: Wanted
    state: DocumentState
    reason: str | None
    dirty: bool
    proven: bool  # some version of it was once proven loaded
    refresh: str | None = None  # its own: a duration or "off"; None = not known yet
    published: bool = True  # with Grafana: its public dashboard is there, as far as we know

    @property
    def is_wanted(self) -> bool:
        """Whether the document is to be there."""
        return self.wanted is Wanted.PRESENT

    @property
    def shown_state(self) -> DocumentState:
        """The state as a caller may read it: never more than was proven of the newest version."""
        return self.state.newest(dirty=self.dirty)

    @property
    def serving_state(self) -> DocumentState:
        """The state as a visitor meets it: the last proven version is served while a newer one is on its way.

        With Grafana nothing is served before the public dashboard is there.
        """
        if self.is_wanted and (self.proven or self.state is DocumentState.LIVE):
            return DocumentState.LIVE if self.published else DocumentState.PENDING
        return self.state


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document to be created: its row before any work was done."""

    uid: DashboardUid
    maker: str
    slot: str
    object_id: str
    title: str
    file: str
    template: str | None
    refresh: str | None = None

    def status(self) -> DocumentStatus:
        """Return the status of a new document."""
        return DocumentStatus(
            uid=self.uid,
            maker=self.maker,
            slot=self.slot,
            object_id=self.object_id,
            title=self.title,
            file=self.file,
            wanted=Wanted.PRESENT,
            state=DocumentState.PENDING,
            reason=None,
            dirty=True,
            proven=False,
            refresh=self.refresh,
        )
