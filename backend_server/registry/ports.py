"""What the registry needs from outside; `storage` fits it, `wiring` joins them. Times are epoch milliseconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from backend_server.devices.device import Device
from backend_server.devices.record import DeviceRecord
from backend_server.documents.document import Document
from backend_server.documents.provided import ProvidedStatus
from backend_server.documents.status import DocumentStatus, NewDocument, Wanted
from backend_server.links.link import FoundLink, Link
from backend_server.links.publication import NewPublication
from backend_server.primitives.ids import Maker


@dataclass(frozen=True, slots=True)
class WantedSlot:
    """A document that some template makes for a device. `refresh` is its own, `share` what the template says of it."""

    slot: str
    template: str
    refresh: str | None = None
    share: str | None = None


class SlotsOf(Protocol):
    """Which documents a device gets: the templates that match it."""

    def slots(self, device: Device) -> Sequence[WantedSlot]:
        """Return each slot that some template fills for this device; may be empty."""


class StoreState(Protocol):
    """The store's one row, in the same snapshot as what is read with it."""

    @property
    def epoch(self) -> str: ...
    @property
    def change(self) -> int: ...
    @property
    def forget_change(self) -> int: ...
    @property
    def links_on(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class DeviceQuery:
    """Which devices a list is to hold; `state` is active, stale or retired, `seen_before` is when stale begins."""

    state: str | None = None
    kind: str | None = None
    search: str | None = None
    page: int = 1
    per_page: int = 100
    seen_before: int = 0


@dataclass(frozen=True, slots=True)
class LinkQuery:
    """Which links a list is to hold; `search` looks in label, slug, object and title, `state` is as of `now_ms`.

    `unseen_since` keeps those that are not over and that no visitor has used since then.
    """

    device: str | None = None
    document: str | None = None
    state: str | None = None
    search: str | None = None
    unseen_since: int | None = None
    page: int = 1
    per_page: int = 100
    now_ms: int = 0


class Reading(Protocol):
    """One snapshot."""

    def state(self) -> StoreState:
        """Return the store's row."""

    def changed_since(self, change: int, most: int) -> Sequence[tuple[str, str]] | None:
        """Return `(maker, object_id)` of what was written after a change number; None when that is more than `most`."""

    def devices(self, ids: Sequence[str]) -> Mapping[str, DeviceRecord]:
        """Return the devices that exist, by id."""

    def documents(self, ids: Sequence[str]) -> Mapping[str, Sequence[DocumentStatus]]:
        """Return the devices' documents, by device id, ordered by slot."""

    def links(self, ids: Sequence[str]) -> Mapping[str, Sequence[Link]]:
        """Return all links to the devices' documents, by device id, the oldest first."""

    def device_page(self, query: DeviceQuery) -> tuple[Sequence[str], int]:
        """Return the ids of one page, in order of id, and how many there are in all."""

    def count_devices(self, seen_before: int) -> Mapping[str, int]:
        """Count devices by state: active, stale, retired."""

    def find_link(self, token: str) -> FoundLink | None:
        """Find a link by its token, or by one it had before a rotation."""

    def find_slug(self, slug: str) -> FoundLink | None:
        """Find a link by its slug."""

    def link_page(self, query: LinkQuery) -> tuple[Sequence[FoundLink], int]:
        """Return the links of one page, the newest first, and how many there are in all."""

    def other_documents(self, most: int) -> Sequence[tuple[str, str]]:
        """Return `(uid, title)` of the first wanted documents that are no device's, by title."""

    def count_links(self, now_ms: int) -> Mapping[str, int]:
        """Count links by state."""

    def document(self, uid: str) -> DocumentStatus | None:
        """Return one document."""

    def links_to(self, document_uid: str) -> Sequence[Link]:
        """Return all links to one document."""

    def document_places(self, uids: Sequence[str]) -> Mapping[str, tuple[str, Wanted]]:
        """Return `(file, wanted)` of the documents that have a row, by uid."""

    def provided(self, maker: Maker, slot: str) -> Sequence[ProvidedStatus]:
        """Return the provided documents of a maker's slot, in order of the objects' ids."""

    def provided_body(self, uid: str) -> bytes | None:
        """Return the bytes of a provided document."""


class Writing(Reading, Protocol):
    """One write transaction: what is read in it is the newest there is, and nobody else writes meanwhile."""

    @property
    def change(self) -> int: ...
    @property
    def now_ms(self) -> int: ...

    def discard(self) -> None:
        """Take everything back: there is nothing to write."""

    def add_devices(self, records: Sequence[DeviceRecord]) -> None:
        """Insert devices."""

    def update_devices(self, records: Sequence[DeviceRecord]) -> None:
        """Write devices that exist."""

    def add_documents(self, documents: Sequence[NewDocument]) -> None:
        """Enqueue documents: wanted, pending, dirty."""

    def refresh_documents(self, titles: Mapping[str, str]) -> None:
        """Mark documents (uid to title) as wanted and dirty; one that had failed or was going begins anew."""

    def remove_documents(self, uids: Sequence[str]) -> None:
        """Mark documents as not wanted and dirty."""

    def touch_documents(self, uids: Sequence[str]) -> None:
        """Mark documents as dirty, for what hangs on them changed."""

    def put_provided(self, given: Sequence[tuple[Document, str]]) -> None:
        """Store the bytes of provided documents, each with its version."""

    def delete_provided(self, uids: Sequence[str]) -> None:
        """Forget the bytes of provided documents."""

    def add_publications(self, publications: Sequence[NewPublication]) -> None:
        """Insert publications with the ids that were chosen for them."""

    def set_publications(self, wanted: Mapping[str, bool]) -> None:
        """Say by document uid whether its publication is wanted; one that already is as wanted stays untouched."""

    def add_links(self, links: Sequence[Link]) -> None:
        """Insert links; raises Conflict when a slug or token is taken."""

    def update_links(self, links: Sequence[Link]) -> None:
        """Write links that exist; raises Conflict when a slug is taken."""

    def keep_old_token(self, link_id: str, token: str, good_until: int) -> None:
        """Keep a token that was rotated out; it and those rotated out before it are good until then at most."""

    def switch_links(self, on: bool) -> None:
        """Turn all links on or off."""

    def note(
        self, actor: str, action: str, kind: str, object_ids: Sequence[str], details: Mapping[str, object]
    ) -> None:
        """Write one audit row per object."""


class AnswerCache(Protocol):
    """What an entrance remembers of devices and of its answers; `Guard` says what of it is not right any more."""

    def forget(self, changed: Sequence[tuple[str, str]]) -> None:
        """Forget what was written, given as `(maker, object id)`."""

    def forget_all(self) -> None:
        """Forget everything."""


class Records(Protocol):
    """The database, as the registry uses it."""

    def change_number(self) -> int:
        """Return the number of the last write to devices, documents or links; cheap enough for every request."""

    def reading(self) -> AbstractContextManager[Reading]:
        """Begin a snapshot."""

    def writing(self) -> AbstractContextManager[Writing]:
        """Begin a write; all of it is kept at the end, or nothing."""

    def flush_seen(self, seen: Mapping[str, int]) -> None:
        """Write when devices were last seen, in one statement, without a new change number."""
