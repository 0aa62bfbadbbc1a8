"""Deciding what a registration, retirement or edit changes. Pure: rows in, rows out; `apply` writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from backend_server.devices.device import Device
from backend_server.devices.merge import apply_fields, check_merged, merge_device
from backend_server.devices.record import DeviceRecord
from backend_server.documents.status import ENDED_STATES, DocumentState, DocumentStatus, NewDocument, Wanted
from backend_server.links.link import Link
from backend_server.links.profile import LinkProfile, profile_of_share
from backend_server.links.publication import NewPublication
from backend_server.primitives.document_paths import device_file
from backend_server.primitives.ids import DeviceId, Maker, dashboard_uid, new_token

from .options import RegistryOptions
from .ports import WantedSlot, Writing

Slots = Callable[[Device], Sequence[WantedSlot]]


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database holds of one device."""

    record: DeviceRecord
    documents: tuple[DocumentStatus, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(slots=True)
class Changes:
    """Rows to be written, of any number of devices, in one transaction."""

    new_devices: list[DeviceRecord] = field(default_factory=list)
    devices: list[DeviceRecord] = field(default_factory=list)
    new_documents: list[NewDocument] = field(default_factory=list)
    refreshed: dict[str, str] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)
    new_publications: list[NewPublication] = field(default_factory=list)
    publications: dict[str, bool] = field(default_factory=dict)
    new_links: list[Link] = field(default_factory=list)
    links: dict[str, Link] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not any(getattr(self, name) for name in self.__slots__)

    def apply(self, write: Writing) -> None:
        """Write them, each kind in one statement."""
        write.add_devices(self.new_devices)
        write.update_devices(self.devices)
        write.add_documents(self.new_documents)
        write.refresh_documents(self.refreshed)
        write.remove_documents(self.removed)
        write.touch_documents(self.touched)
        write.add_publications(self.new_publications)
        write.set_publications(self.publications)
        write.add_links(self.new_links)
        write.update_links(list(self.links.values()))


class Planner:
    """Plans for one moment: `now_ms`, asked by `by`."""

    def __init__(self, options: RegistryOptions, slots: Slots, *, now_ms: int, by: str) -> None:
        self._options = options
        self._slots = slots
        self._now_ms = now_ms
        self._by = by

    def merged(self, record: DeviceRecord) -> Device:
        """Return the device that a record stands for."""
        return merge_device(record, share_default=self._options.share_default)

    def put(self, device_id: DeviceId, stored: Stored | None, given: Mapping[str, object], changes: Changes) -> Stored:
        """Plan what the hook sent; gives `stored` itself when nothing changes. A retired device stays as it is."""
        if stored is None:
            now = self._now_ms
            record = DeviceRecord(device_id, apply_fields({}, given), {}, now, now, now)
            check_merged(self.merged(record))
            changes.new_devices.append(record)
            return self._settle(Stored(record), record, None, changes)
        if stored.record.retired_at is not None:
            return stored
        sent = apply_fields(stored.record.sent, given)
        if sent == stored.record.sent:
            return stored
        return self._update(stored, replace(stored.record, sent=sent, updated_at=self._now_ms), changes)

    def edit(self, stored: Stored, given: Mapping[str, object], changes: Changes) -> Stored:
        """Plan what an operator set; gives `stored` itself when nothing changes."""
        own = apply_fields(stored.record.set_by_operator, given)
        if own == stored.record.set_by_operator:
            return stored
        return self._update(stored, replace(stored.record, set_by_operator=own, updated_at=self._now_ms), changes)

    def retire(self, stored: Stored, changes: Changes) -> Stored:
        """Plan the end: links are over at once, documents are to go; the record stays."""
        record = replace(stored.record, retired_at=self._now_ms, retired_by=self._by, updated_at=self._now_ms)
        changes.devices.append(record)
        links = [
            link if link.suspended_at is not None else self._suspended(link, self._now_ms, changes)
            for link in stored.links
        ]
        changes.removed += [document.uid for document in stored.documents]
        changes.publications.update({document.uid: False for document in stored.documents})
        documents = [_removed(one) for one in stored.documents]
        return Stored(record, tuple(documents), tuple(links))

    def revive(self, stored: Stored, changes: Changes) -> Stored:
        """Plan the return: the same documents, the same links."""
        record = replace(stored.record, retired_at=None, retired_by=None, updated_at=self._now_ms)
        changes.devices.append(record)
        links = tuple(self._suspended(link, None, changes) for link in stored.links)
        return self._settle(replace(stored, links=links), record, None, changes)

    def match_slots(self, stored: Stored, changes: Changes) -> Stored:
        """Plan the documents that templates now ask for; gives `stored` itself when all are there, shared as asked."""
        device = self.merged(stored.record)
        if device.retired_at is not None:
            return stored
        wanted = self._slots(device)
        present = {one.slot for one in stored.documents if one.is_wanted}
        shown = {link.slot for link in stored.links if link.is_default and link.suspended_at is None}
        profiles = self._profiles(stored.record, wanted)
        if present == {one.slot for one in wanted} and shown == profiles.keys():
            return stored
        return self._settle(stored, stored.record, device, changes)

    def _update(self, stored: Stored, record: DeviceRecord, changes: Changes) -> Stored:
        before, after = self.merged(stored.record), self.merged(record)
        check_merged(after)
        changes.devices.append(record)
        if (
            before == after or record.retired_at is not None
        ):  # an operator's value hides it, or there is nothing to show
            return replace(stored, record=record)
        return self._settle(stored, record, before, changes)

    def _settle(self, stored: Stored, record: DeviceRecord, before: Device | None, changes: Changes) -> Stored:
        """Bring documents, links and publications in line with the device; `before` is None when all begins anew."""
        device = self.merged(record)
        wanted = {one.slot: one for one in self._slots(device)}
        documents: list[DocumentStatus] = []
        for one in stored.documents:
            if one.slot in wanted:
                changes.refreshed[one.uid] = device.title
                begins = not one.is_wanted or one.state in ENDED_STATES
                state = DocumentState.PENDING if begins else one.state
                proven = one.proven and one.is_wanted
                documents.append(
                    replace(one, title=device.title, wanted=Wanted.PRESENT, state=state, dirty=True, proven=proven)
                )
            elif one.is_wanted:
                changes.removed.append(one.uid)
                documents.append(_removed(one))
            else:
                documents.append(one)
        existing = {one.slot for one in stored.documents}
        new = [self._new_document(device, one) for one in wanted.values() if one.slot not in existing]
        changes.new_documents += new
        documents = sorted([*documents, *(one.status() for one in new)], key=lambda one: one.slot)
        profiles = self._profiles(record, list(wanted.values()))
        earlier = {} if before is None else self._profiles(stored.record, list(wanted.values()))
        links = [self._shared(link, wanted, profiles, earlier, changes) for link in stored.links]
        having = {link.slot for link in links if link.is_default}
        made = [self._default_link(device, slot, profile) for slot, profile in profiles.items() if slot not in having]
        changes.new_links += made
        links += made
        for one in documents:
            public = one.is_wanted and needs_publication(links, one.uid)
            if one.slot in existing:
                changes.publications[one.uid] = public
            else:
                changes.new_publications.append(self._new_publication(one, public))
        return Stored(record, tuple(documents), tuple(links))

    def _shared(
        self,
        link: Link,
        wanted: Mapping[str, WantedSlot],
        profiles: Mapping[str, LinkProfile],
        earlier: Mapping[str, LinkProfile],
        changes: Changes,
    ) -> Link:
        """Every link ends with its document and comes back with it; a default link follows the `share` of its slot too.

        `profiles` are those of the slots that are shared, `earlier` as they were before what changes now. A link that a
        person made is shared as long as that person wants it.
        """
        profile = profiles.get(link.slot) if link.is_default else None
        ends = link.slot not in wanted or (link.is_default and profile is None)
        suspended = (link.suspended_at or self._now_ms) if ends else None
        shown = link.profile if profile is None or profile == earlier.get(link.slot) else profile
        after = replace(link, suspended_at=suspended, profile=shown)
        if after == link:
            return link
        after = replace(after, updated_at=self._now_ms)
        changes.links[after.id] = after
        return after

    def _profiles(self, record: DeviceRecord, wanted: Sequence[WantedSlot]) -> dict[str, LinkProfile]:
        """Return the profile of each slot that is shared: as the device says, else its template, else the settings."""
        said = {**record.sent, **record.set_by_operator}.get("share")
        found = {one.slot: profile_of_share(str(said or one.share or self._options.share_default)) for one in wanted}
        return {slot: profile for slot, profile in found.items() if profile is not None}

    def _suspended(self, link: Link, at: int | None, changes: Changes) -> Link:
        after = replace(link, suspended_at=at, updated_at=self._now_ms)
        changes.links[after.id] = after
        return after

    def _new_document(self, device: Device, wanted: WantedSlot) -> NewDocument:
        uid = dashboard_uid(Maker.DEVICE, wanted.slot, device.id)
        return NewDocument(
            uid,
            Maker.DEVICE.value,
            wanted.slot,
            device.id,
            device.title,
            device_file(device.id, uid),
            wanted.template,
            wanted.refresh,
        )

    def _default_link(self, device: Device, slot: str, profile: LinkProfile) -> Link:
        return Link(
            id=new_token(),
            token=self._options.choose_token(slot, device.id),
            slug=self._options.choose_slug(slot, device.id, device.hostname),
            maker=Maker.DEVICE.value,
            slot=slot,
            object_id=device.id,
            document_uid=dashboard_uid(Maker.DEVICE, slot, device.id),
            is_default=True,
            profile=profile,
            created_by=self._by,
            created_at=self._now_ms,
            updated_at=self._now_ms,
        )

    def _new_publication(self, document: DocumentStatus, wanted: bool) -> NewPublication:
        choose, slot, object_id = self._options.choose_token, document.slot, document.object_id
        return NewPublication(
            document.uid,
            choose(slot, object_id, use="public-uid"),
            choose(slot, object_id, use="public-token"),
            wanted,
        )


def needs_publication(links: Sequence[Link], document_uid: str) -> bool:
    """Whether a document has to be public: some link to it may still be used."""
    return any(
        link.document_uid == document_uid and link.revoked_at is None and link.suspended_at is None for link in links
    )


def _removed(document: DocumentStatus) -> DocumentStatus:
    return replace(document, wanted=Wanted.ABSENT, state=document.state.removed, dirty=True)
