"""What the registry needs from outside, noun by noun; `storage` fits it, `wiring` joins them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from backend_server.devices.device import DeviceRecord
from backend_server.documents.document import Document
from backend_server.documents.static_document import StaticDocumentStatus
from backend_server.documents.status import DocumentStatus, NewDocument
from backend_server.links.link import FoundLink, Link
from backend_server.links.publication import NewPublication
from backend_server.primitives.ids import Maker

from .model import DeviceQuery, LinkQuery, MakerSlot, StoreState


class ReadDevices(Protocol):
    """Devices, to be read."""

    def find(self, ids: Sequence[str]) -> Mapping[str, DeviceRecord]:
        """Return the devices that exist, by id."""

    def page(self, query: DeviceQuery) -> tuple[Sequence[str], int]:
        """Return the ids of one page, in order of id, and how many there are in all."""

    def count(self, seen_before: int) -> Mapping[str, int]:
        """Count devices by state: active, stale, retired."""


class WriteDevices(ReadDevices, Protocol):
    """Devices."""

    def add(self, records: Sequence[DeviceRecord]) -> None:
        """Insert devices."""

    def update(self, records: Sequence[DeviceRecord]) -> None:
        """Write devices that exist; when each was last seen is written by `flush_seen` alone."""


class ReadDocuments(Protocol):
    """Documents and how far they have come, to be read."""

    def find(self, uids: Sequence[str]) -> Mapping[str, DocumentStatus]:
        """Return the documents that have a row, by uid."""

    def of_devices(self, ids: Sequence[str]) -> Mapping[str, Sequence[DocumentStatus]]:
        """Return devices' documents by device id, ordered by slot."""

    def of_maker(self, maker: Maker) -> Sequence[DocumentStatus]:
        """Return all documents of a maker, in order of uid."""

    def besides_devices(self, most: int) -> Sequence[tuple[str, str]]:
        """Return `(uid, title)` of the first wanted documents that are no device's, by title."""


class WriteDocuments(ReadDocuments, Protocol):
    """Documents."""

    def add(self, new: Sequence[NewDocument]) -> None:
        """Insert documents: wanted, pending, to be looked at by the next pass."""

    def update(self, rows: Sequence[DocumentStatus]) -> None:
        """Write title, wanted, state and reason; the next pass looks at them. What is not proven forgets its proof."""

    def touch(self, uids: Sequence[str]) -> None:
        """Mark documents for the next pass, since what hangs on them changed."""


class Publications(Protocol):
    """Our records of what is public in Grafana."""

    def add(self, new: Sequence[NewPublication]) -> None:
        """Insert publications with the ids chosen for them, before any call."""

    def want(self, wanted: Mapping[str, bool]) -> None:
        """Write by document uid whether its publication is wanted; one that already is as wanted stays untouched."""


class ReadStaticDocuments(Protocol):
    """The bytes of documents that no template fills, to be read."""

    def listed(self, slot: MakerSlot) -> Sequence[StaticDocumentStatus]:
        """Return what stands in a maker's slot, in order of the objects' ids."""

    def body(self, uid: str) -> bytes | None:
        """Return the bytes of a static document."""


class WriteStaticDocuments(ReadStaticDocuments, Protocol):
    """The bytes of documents that no template fills."""

    def put(self, given: Sequence[tuple[Document, str]]) -> None:
        """Store documents, each with its version, in place of what stood under their uids."""

    def delete(self, uids: Sequence[str]) -> None:
        """Forget the bytes of documents."""


class ReadLinks(Protocol):
    """Links, to be read."""

    def find(self, token: str) -> FoundLink | None:
        """Find a link by its token, or by one it had before a rotation."""

    def find_slug(self, slug: str) -> FoundLink | None:
        """Find a link by its slug."""

    def of_devices(self, ids: Sequence[str]) -> Mapping[str, Sequence[Link]]:
        """Return all links to devices' documents by device id, the oldest first."""

    def of_documents(self, uids: Sequence[str]) -> Sequence[Link]:
        """Return all links to some documents, the oldest first."""

    def page(self, query: LinkQuery) -> tuple[Sequence[FoundLink], int]:
        """Return the links of one page, the newest first, and how many there are in all."""

    def count(self, now_ms: int) -> Mapping[str, int]:
        """Count links by state."""


class WriteLinks(ReadLinks, Protocol):
    """Links."""

    def add(self, new: Sequence[Link]) -> None:
        """Insert links; raises Conflict when a slug or token is taken."""

    def update(self, changed: Sequence[Link]) -> None:
        """Write links that exist; raises Conflict when a slug is taken."""

    def keep_old_token(self, link_id: str, token: str, good_until: int) -> None:
        """Keep a token that was rotated out; it and those rotated out before it are good until then at most."""

    def switch_all(self, on: bool) -> None:
        """Turn all links on or off."""


class Audit(Protocol):
    """Who did what."""

    def add(self, actor: str, action: str, kind: str, object_ids: Sequence[str], details: Mapping[str, object]) -> None:
        """Write one audit row per object."""


class ReadTransaction(Protocol):
    """One snapshot, by noun."""

    @property
    def devices(self) -> ReadDevices: ...
    @property
    def documents(self) -> ReadDocuments: ...
    @property
    def static_documents(self) -> ReadStaticDocuments: ...
    @property
    def links(self) -> ReadLinks: ...

    def state(self) -> StoreState:
        """Return the store's row."""

    def changed_since(self, change: int, most: int) -> Sequence[tuple[str, str]] | None:
        """Return `(maker, object_id)` of what was written after a change number; None when that is more than `most`."""


class WriteTransaction(ReadTransaction, Protocol):
    """One write: what is read in it is the newest there is, and nobody else writes meanwhile."""

    @property
    def change(self) -> int: ...
    @property
    def now_ms(self) -> int: ...
    @property
    def devices(self) -> WriteDevices: ...
    @property
    def documents(self) -> WriteDocuments: ...
    @property
    def static_documents(self) -> WriteStaticDocuments: ...
    @property
    def links(self) -> WriteLinks: ...
    @property
    def publications(self) -> Publications: ...
    @property
    def audit(self) -> Audit: ...

    def discard(self) -> None:
        """Roll the transaction back: there is nothing to write."""


class Records(Protocol):
    """The database, as the registry uses it."""

    def change_number(self) -> int:
        """Return the number of the last write to devices, documents or links; cheap enough for every request."""

    def reading(self) -> AbstractContextManager[ReadTransaction]:
        """Open a snapshot."""

    def writing(self) -> AbstractContextManager[WriteTransaction]:
        """Open a write transaction: all of it is kept at the end, or nothing."""

    def flush_seen(self, seen: Mapping[str, int]) -> None:
        """Write when devices were last seen, in one statement, without a new change number."""
