"""What a pass needs from outside, as Protocols; storage, provisioning and grafana fit them, and wiring joins them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from backend_server.devices.device import Device
from backend_server.documents.provided import Provided
from backend_server.documents.status import DocumentState, Wanted
from backend_server.errors import DashwrightError
from backend_server.links.publication import PublicationState


class Checkpoint(Protocol):
    """Called before and after each stored step and each call that changes something; tests stop a process there."""

    def __call__(self, point: str) -> None: ...


def no_checkpoint(point: str) -> None:
    """Do nothing: the checkpoint of production."""


@dataclass(frozen=True, slots=True)
class Note:
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


class Work(Protocol):
    """A documents row with its publication and its device."""

    @property
    def uid(self) -> str: ...
    @property
    def maker(self) -> str: ...
    @property
    def slot(self) -> str: ...
    @property
    def object_id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def wanted(self) -> Wanted: ...
    @property
    def state(self) -> DocumentState: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def input_hash(self) -> str | None: ...
    @property
    def written_hash(self) -> str | None: ...
    @property
    def loaded_hash(self) -> str | None: ...
    @property
    def attempts(self) -> int: ...
    @property
    def retry_at(self) -> int: ...
    @property
    def dirty(self) -> bool: ...
    @property
    def updated_at(self) -> int: ...
    @property
    def change(self) -> int: ...
    @property
    def public_uid(self) -> str | None: ...
    @property
    def access_token(self) -> str | None: ...
    @property
    def public_state(self) -> PublicationState | None: ...
    @property
    def device(self) -> Device | None: ...


class WorkStore(Protocol):
    """The record of all documents. Writes raise LeaseLost when `fencing` is no longer the number of the lead."""

    def due(self, now_ms: int, limit: int) -> Sequence[Work]:
        """Return dirty rows whose retry time has come: everything leaving, and up to `limit` others, oldest first."""
        ...

    def everything(self, *, with_devices: bool = True) -> Sequence[Work]: ...

    def backlog(self) -> tuple[int, int | None]:
        """Count the dirty rows, and give the earliest retry time among them."""
        ...

    def published_after(self, uid: str) -> Work | None:
        """Return the next settled document, in order of uids, that is public as recorded; after the last, the first."""
        ...

    def present_count(self) -> int:
        """Count the documents that exist or are leaving (not yet gone)."""
        ...

    def same_titles(self, titles: Collection[str]) -> Mapping[str, Collection[tuple[str, str, str]]]:
        """Return (uid, file, object id) of the present documents that bear each of the titles."""
        ...

    def failed_because(self, begin: str) -> Sequence[Work]:
        """Return the wanted documents at rest that failed for a reason that begins so."""
        ...

    def record(self, notes: Sequence[Note], *, fencing: int | None) -> Mapping[str, int]:
        """Store notes in one transaction; gives the new change number of each row that was still as seen."""
        ...

    def kept(self, name: str) -> str | None: ...

    def keep(self, name: str, value: str | None, *, fencing: int | None) -> None: ...

    def ensure_fleet(self, documents: Sequence[FleetRow], *, fencing: int | None) -> None:
        """Have exactly these fleet rows wanted: missing ones are made, others are asked to leave."""
        ...

    def mark_all_dirty(self, makers: Collection[str], *, fencing: int | None, forget_loaded: bool = False) -> None: ...

    def wake_leaving(self, *, fencing: int | None) -> None:
        """Let removals that were held back be tried at once."""
        ...

    def fleet_fingerprint(self) -> tuple[int, int]:
        """Return a cheap sign that moves whenever a device is added, changed, retired or purged."""
        ...

    def fleet_rows(self) -> Sequence[Work]: ...

    def devices(self) -> Sequence[Device]: ...

    def provided(self, uids: Sequence[str]) -> Mapping[str, Provided]:
        """Return what is provided under these uids, without the bytes."""
        ...

    def provided_body(self, uid: str, content: str) -> bytes | None:
        """Return the bytes of a provided document; None when it no longer has this content."""
        ...

    def purgeable(self, before_ms: int) -> Sequence[str]:
        """Name devices retired before a moment whose documents are proven gone."""
        ...

    def purge(self, device_ids: Sequence[str], *, fencing: int | None) -> int: ...

    def now_ms(self) -> int: ...


@dataclass(frozen=True, slots=True)
class FleetRow:
    """A fleet document to be: its place in the record; the publication's ids are chosen by the store."""

    uid: str
    slot: str
    title: str
    file: str


class TemplateWatch(Protocol):
    """Tells when the folder of template files changed."""

    def start(self) -> None: ...
    def stop(self) -> None: ...

    def changed(self) -> bool:
        """Say, once, that something changed and has been quiet since."""
        ...


class SwapReport(Protocol):
    """What became of a batch of files."""

    @property
    def written(self) -> Collection[str]: ...
    @property
    def unchanged(self) -> Collection[str]: ...
    @property
    def refused(self) -> Mapping[str, DashwrightError]: ...


class Survey(Protocol):
    """What lies on the disk: our files with their true content hash ("" = damaged), and foreign ones."""

    @property
    def owned(self) -> Mapping[str, str]: ...
    @property
    def foreign(self) -> Sequence[str]: ...


class Files(Protocol):
    """DASHBOARDS_DIR."""

    def prepare(self) -> None: ...
    def swap_all(self, bodies: Mapping[str, bytes], *, known: Collection[str] = ()) -> SwapReport: ...
    def remove_all(self, files: Collection[str], *, known: Collection[str] = ()) -> Collection[str]: ...
    def survey(self) -> Survey: ...


class PublicRow(Protocol):
    """A line of Grafana's list of public dashboards."""

    @property
    def uid(self) -> str: ...
    @property
    def access_token(self) -> str: ...
    @property
    def dashboard_uid(self) -> str: ...
    @property
    def enabled(self) -> bool: ...


class Grafana(Protocol):
    """The calls of a pass. All raise UpstreamError, whose `details["status"]` is absent when there was no answer."""

    def reload(self) -> None: ...

    def loaded(self, uid: str) -> str | None:
        """Return the content hash of the dashboard Grafana has, "" for one without our stamp, None for none."""
        ...

    def publish(self, uid: str, public_uid: str, access_token: str) -> None:
        """Have the dashboard public with exactly these ids and our switches; raises unless that was read back."""
        ...

    def stands(self, uid: str, public_uid: str, access_token: str) -> bool:
        """Whether the dashboard is public with exactly these ids."""
        ...

    def unpublish(self, uid: str) -> bool:
        """Take away whatever public dashboard stands for the uid; False when there was none."""
        ...

    def delete_dashboard(self, uid: str) -> bool: ...

    def list_public(self) -> Sequence[PublicRow]: ...


class Leases(Protocol):
    """The lead, held by one worker at a time."""

    def acquire(self) -> int | None:
        """Take or renew the lead; gives its fencing number, None while another holds it."""
        ...

    def release(self) -> None: ...
