"""What a pass needs from outside, as Protocols; storage, provisioning and grafana fit them, and wiring joins them.

The record is written by whoever leads: then a write raises LeaseLost once another has taken the lead.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from backend_server.catalog.ports import TemplateWriter
from backend_server.devices.device import Device
from backend_server.documents.static_document import StaticDocument
from backend_server.primitives.ids import Maker

from .model import DocumentRow, FolderSurvey, ListedPublic, RowUpdate, SwapReport


class Checkpoint(Protocol):
    """Called before and after each stored step and each call that changes something; tests stop a process there."""

    def __call__(self, point: str) -> None: ...


def no_checkpoint(point: str) -> None:
    """Do nothing: the checkpoint in production."""


class DocumentRecord(Protocol):
    """The record of all documents."""

    def due(self, now_ms: int, limit: int) -> Sequence[DocumentRow]:
        """Return dirty rows whose retry time has come: everything leaving, and up to `limit` others, oldest first."""
        ...

    def everything(self, *, with_devices: bool = True) -> Sequence[DocumentRow]: ...

    def at_files(self, files: Collection[str]) -> Sequence[DocumentRow]:
        """Return the rows of the documents that lie in these files, without devices."""
        ...

    def of_maker(self, maker: Maker) -> Sequence[DocumentRow]: ...

    def backlog(self) -> tuple[int, int | None]:
        """Count the dirty rows, and return the earliest retry time among them."""
        ...

    def present_count(self) -> int:
        """Count the documents that exist or are leaving (not yet gone)."""
        ...

    def update(self, updates: Sequence[RowUpdate]) -> Mapping[str, int]:
        """Store updates in one transaction; returns the new change number of each row that was still as seen."""
        ...

    def mark_dirty(self, makers: Collection[str], *, forget_loaded: bool = False) -> None:
        """Mark every wanted document of these makers for the next pass."""
        ...

    def wake_leaving(self) -> None:
        """Retry held removals at once."""
        ...

    def now_ms(self) -> int: ...


class PublicationRecord(Protocol):
    """Publications, as they are looked at one by one."""

    def published_after(self, uid: str) -> DocumentRow | None:
        """Return the next settled document, in order of uids, that is public as recorded; after the last, the first."""
        ...

    def asked_since(self, moment_ms: int) -> Sequence[str]:
        """Return the uids that visitors asked for since a moment and did not get, the latest first."""
        ...


class Titles(Protocol):
    """Documents by their titles."""

    def bearers(self, titles: Collection[str]) -> Mapping[str, Collection[tuple[str, str, str]]]:
        """Return (uid, file, object id) of the wanted documents that bear each of the titles."""
        ...

    def failed_because(self, begin: str) -> Sequence[DocumentRow]:
        """Return the wanted documents at rest that failed for a reason that begins so."""
        ...


class KeyValues(Protocol):
    """Named values that outlive a restart."""

    def get(self, name: str) -> str | None: ...

    def set(self, name: str, value: str | None) -> None:
        """Store a value; None removes it."""
        ...


class DeviceList(Protocol):
    """All devices."""

    def everything(self) -> Sequence[Device]: ...

    def fingerprint(self) -> tuple[int, int]:
        """Return a cheap sign that moves whenever a device is added, changed, retired or purged."""
        ...


class StaticDocuments(Protocol):
    """Documents that no template fills."""

    def find(self, uids: Sequence[str]) -> Mapping[str, StaticDocument]:
        """Return the static documents of these uids, without the bytes."""
        ...

    def body_of(self, uid: str, content: str) -> bytes | None:
        """Return the bytes of a static document; None when it no longer has this content."""
        ...


class Purge(Protocol):
    """Deleting devices that were retired long ago."""

    def due(self, before_ms: int) -> Sequence[str]:
        """Return the devices retired before a time whose documents are proven gone."""
        ...

    def run(self, device_ids: Sequence[str]) -> int:
        """Delete devices with all that belongs to them; returns how many."""
        ...


@dataclass(frozen=True, slots=True)
class ReconcileRecords:
    """All that reconcile reads and writes of one database."""

    documents: DocumentRecord
    publications: PublicationRecord
    titles: Titles
    values: KeyValues
    devices: DeviceList
    static_documents: StaticDocuments
    purge: Purge
    templates: TemplateWriter


class TemplateWatch(Protocol):
    """Tells when the folder of template files changed."""

    def start(self) -> None: ...
    def stop(self) -> None: ...

    def changed(self) -> bool:
        """Whether something changed and has been quiet since; True once for each change."""
        ...


class Files(Protocol):
    """DASHBOARDS_DIR."""

    def prepare(self) -> None: ...
    def swap_all(self, bodies: Mapping[str, bytes], *, known: Collection[str] = ()) -> SwapReport: ...
    def remove_all(self, files: Collection[str], *, known: Collection[str] = ()) -> Collection[str]: ...
    def survey(self) -> FolderSurvey: ...

    def changed(self) -> Mapping[str, str | None]:
        """Return files that others changed, added or removed since the last look, with the content hash of ours."""
        ...


class Grafana(Protocol):
    """The calls of a pass. All raise UpstreamError, whose `details["status"]` is absent when there was no answer."""

    def reload(self) -> None: ...

    def loaded(self, uid: str) -> str | None:
        """Return the content hash of the dashboard Grafana has, "" for one without our stamp, None for none."""
        ...

    def offer(self, uid: str, public_uid: str, access_token: str) -> str | None:
        """Make a dashboard public that is not yet, with these ids; return the content hash that a visitor gets then.

        None while Grafana has no such dashboard, "" for one without our stamp.
        """
        ...

    def publish(self, uid: str, public_uid: str, access_token: str) -> None:
        """Publish the dashboard with exactly these ids and our switches; raises unless that was read back."""
        ...

    def stands(self, uid: str, public_uid: str, access_token: str) -> bool:
        """Whether the dashboard is public with exactly these ids."""
        ...

    def unpublish(self, uid: str) -> bool:
        """Delete the uid's public dashboard, whatever its ids; False when there was none."""
        ...

    def is_provisioned(self, uid: str) -> bool:
        """Whether Grafana thinks that a file stands behind the dashboard; those it does not let anybody delete."""
        ...

    def delete_dashboard(self, uid: str) -> bool: ...

    def list_public(self) -> Sequence[ListedPublic]: ...


class Leases(Protocol):
    """The lead, held by one worker at a time."""

    def acquire(self) -> int | None:
        """Acquire or renew the lead; returns its fencing number, None while another holds it."""
        ...

    def release(self) -> None: ...


class ChangeNumber(Protocol):
    """The store's change number: it moves with every write."""

    def change_number(self) -> int: ...


class Devices(Protocol):
    """What the registry does for the worker."""

    def match_slots(self, device_ids: Sequence[str]) -> int:
        """Ensure that devices have the documents their templates now ask for; returns how many devices changed."""
        ...
