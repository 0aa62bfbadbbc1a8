"""The frozen values of reconcile: what is read of a document, what is stored of it, and what came of passes and audits.

Effects import them from here and read or write them; times are epoch milliseconds, hashes are of a document's content.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from backend_server.devices.device import Device
from backend_server.documents.status import DocumentState, Wanted
from backend_server.errors import DashwrightError
from backend_server.links.publication import PublicationState


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document's row with its publication and its device.

    `change` is the store's change number at its last write. `device` is None for other makers, where it was not asked
    for, and when the device is not known.
    """

    uid: str
    maker: str
    slot: str
    object_id: str
    title: str
    file: str
    wanted: Wanted
    state: DocumentState
    reason: str | None
    input_hash: str | None
    written_hash: str | None
    loaded_hash: str | None
    attempts: int
    retry_at: int
    dirty: bool
    updated_at: int
    change: int
    public_uid: str | None
    access_token: str | None
    public_state: PublicationState | None
    device: Device | None


@dataclass(frozen=True, slots=True)
class RowUpdate:
    """What a pass found out about one document, to be stored.

    `facts` are columns true whatever happened meanwhile (hashes). `decisions` (state, reason, dirty, attempts,
    retry_at, title) are stored only if nobody changed the row since `seen`, its change number when it was read.
    `public` is the publication's new state.
    """

    uid: str
    seen: int
    facts: Mapping[str, object] = field(default_factory=dict)
    decisions: Mapping[str, object] = field(default_factory=dict)
    public: PublicationState | None = None


@dataclass(frozen=True, slots=True)
class SwapReport:
    """What became of a batch of files, by name relative to DASHBOARDS_DIR."""

    written: frozenset[str] = frozenset()
    unchanged: frozenset[str] = frozenset()
    refused: Mapping[str, DashwrightError] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FolderSurvey:
    """What lies on the disk: our files with their true content hash ("" = damaged), and foreign ones."""

    owned: Mapping[str, str]
    foreign: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListedPublic:
    """A line of Grafana's list of public dashboards; rows whose dashboard is gone are not listed."""

    uid: str
    access_token: str = field(repr=False)
    dashboard_uid: str
    title: str
    enabled: bool


class Outcome(StrEnum):
    """What became of a document in a pass."""

    WRITTEN = "written"
    UNPUBLISHED = "unpublished"
    REMOVED = "removed"
    LOADED = "loaded"
    PUBLISHED = "published"
    DELETED = "deleted"
    GONE = "gone"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class PassReport:
    """What one pass did: uids by what became of them, `failed` with the reason of each.

    `left` counts the documents that still need work, `grafana` says why Grafana could not be asked (None = it could).
    """

    outcomes: Mapping[Outcome, frozenset[str]] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    held: frozenset[str] = frozenset()
    purged: int = 0
    reloads: int = 0
    left: int = 0
    grafana: str | None = None

    def uids(self, outcome: Outcome) -> frozenset[str]:
        """Return the documents of which this became."""
        return self.outcomes.get(outcome, frozenset())

    @property
    def changed_something(self) -> bool:
        """Whether anything was written, called or stored."""
        return any(self.outcomes.values()) or bool(self.failed or self.purged or self.reloads)

    def after(self, earlier: PassReport) -> PassReport:
        """Return both passes as one: what either did, and how it stands now."""
        at_rest = self.uids(Outcome.FINISHED)
        return PassReport(
            outcomes={outcome: earlier.uids(outcome) | self.uids(outcome) for outcome in Outcome},
            failed={uid: why for uid, why in {**earlier.failed, **self.failed}.items() if uid not in at_rest},
            held=self.held,
            purged=earlier.purged + self.purged,
            reloads=earlier.reloads + self.reloads,
            left=self.left,
            grafana=self.grafana,
        )


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What an audit found: uids whose file or public dashboard was not as recorded, and files that are not ours.

    `outdated` are those whose templates or devices would make another document than the one that is recorded.
    """

    files_lost: frozenset[str] = frozenset()
    outdated: frozenset[str] = frozenset()
    public_lost: frozenset[str] = frozenset()
    public_differs: frozenset[str] = frozenset()
    leftovers: frozenset[str] = frozenset()
    strays: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    grafana: str | None = None
