"""What a pass needs from outside, as Protocols; storage, provisioning and grafana fit them, and wiring joins them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from backend_server.devices.device import Device
from backend_server.documents.static_document import StaticDocument

from .model import DocumentRow, FolderSurvey, ListedPublic, RowUpdate, SwapReport


class Checkpoint(Protocol):
    """Called before and after each stored step and each call that changes something; tests stop a process there."""

    def __call__(self, point: str) -> None: ...


def no_checkpoint(point: str) -> None:
    """Do nothing: the checkpoint of production."""


class WorkStore(Protocol):
    """The record of all documents. Writes raise LeaseLost when `fencing` is no longer the number of the lead."""

    def due(self, now_ms: int, limit: int) -> Sequence[DocumentRow]:
        """Return dirty rows whose retry time has come: everything leaving, and up to `limit` others, oldest first."""
        ...

    def everything(self, *, with_devices: bool = True) -> Sequence[DocumentRow]: ...

    def backlog(self) -> tuple[int, int | None]:
        """Count the dirty rows, and give the earliest retry time among them."""
        ...

    def published_after(self, uid: str) -> DocumentRow | None:
        """Return the next settled document, in order of uids, that is public as recorded; after the last, the first."""
        ...

    def present_count(self) -> int:
        """Count the documents that exist or are leaving (not yet gone)."""
        ...

    def same_titles(self, titles: Collection[str]) -> Mapping[str, Collection[tuple[str, str, str]]]:
        """Return (uid, file, object id) of the present documents that bear each of the titles."""
        ...

    def failed_because(self, begin: str) -> Sequence[DocumentRow]:
        """Return the wanted documents at rest that failed for a reason that begins so."""
        ...

    def record(self, notes: Sequence[RowUpdate], *, fencing: int | None) -> Mapping[str, int]:
        """Store notes in one transaction; gives the new change number of each row that was still as seen."""
        ...

    def kept(self, name: str) -> str | None: ...

    def keep(self, name: str, value: str | None, *, fencing: int | None) -> None: ...

    def mark_all_dirty(self, makers: Collection[str], *, fencing: int | None, forget_loaded: bool = False) -> None: ...

    def wake_leaving(self, *, fencing: int | None) -> None:
        """Let removals that were held back be tried at once."""
        ...

    def fleet_fingerprint(self) -> tuple[int, int]:
        """Return a cheap sign that moves whenever a device is added, changed, retired or purged."""
        ...

    def fleet_rows(self) -> Sequence[DocumentRow]: ...

    def devices(self) -> Sequence[Device]: ...

    def provided(self, uids: Sequence[str]) -> Mapping[str, StaticDocument]:
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


class TemplateWatch(Protocol):
    """Tells when the folder of template files changed."""

    def start(self) -> None: ...
    def stop(self) -> None: ...

    def changed(self) -> bool:
        """Say, once, that something changed and has been quiet since."""
        ...


class Files(Protocol):
    """DASHBOARDS_DIR."""

    def prepare(self) -> None: ...
    def swap_all(self, bodies: Mapping[str, bytes], *, known: Collection[str] = ()) -> SwapReport: ...
    def remove_all(self, files: Collection[str], *, known: Collection[str] = ()) -> Collection[str]: ...
    def survey(self) -> FolderSurvey: ...


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

    def list_public(self) -> Sequence[ListedPublic]: ...


class Leases(Protocol):
    """The lead, held by one worker at a time."""

    def acquire(self) -> int | None:
        """Take or renew the lead; gives its fencing number, None while another holds it."""
        ...

    def release(self) -> None: ...
