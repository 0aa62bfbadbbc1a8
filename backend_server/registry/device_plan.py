"""Deciding what a registration, an edit, a retirement or a return changes of a device. Pure: rows in, rows out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from backend_server.devices.device import Device, DeviceRecord, apply_fields, check_merged, merge_device
from backend_server.documents.status import NewDocument
from backend_server.links.link import LinkProfile, profile_of_share
from backend_server.primitives.ids import DeviceId, Maker, dashboard_uid, device_file
from backend_server.templates import Template, TemplateSet

from .model import RegistryOptions, StoredDevice
from .ports import ReadTransaction, WriteTransaction
from .wanted_documents import DocumentSet, Occasion, WantedChanges, WantedDocument, plan_wanted, write_changes


@dataclass(slots=True)
class DeviceChanges:
    """Rows to be written, of any number of devices, in one transaction."""

    new_devices: list[DeviceRecord] = field(default_factory=list)
    devices: list[DeviceRecord] = field(default_factory=list)
    documents: list[WantedChanges] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.new_devices or self.devices or self.documents)

    def write(self, tx: WriteTransaction) -> None:
        """Write the rows, each kind in one statement."""
        tx.devices.add(self.new_devices)
        tx.devices.update(self.devices)
        write_changes(tx, self.documents)


class DevicePlanner:
    """Plans as of `now_ms`, requested by `by`, with one set of templates."""

    def __init__(self, options: RegistryOptions, templates: TemplateSet, *, now_ms: int, by: str) -> None:
        self._options = options
        self._templates = templates
        self._occasion = Occasion(now_ms, by, options.secret_key)

    def put(
        self, device_id: DeviceId, stored: StoredDevice | None, given: Mapping[str, object], changes: DeviceChanges
    ) -> StoredDevice:
        """Plan what the hook sent; returns `stored` itself when nothing changes. A retired device stays retired."""
        now = self._occasion.now_ms
        if stored is None:
            record = DeviceRecord(device_id, apply_fields({}, given), {}, now, now, now)
            check_merged(self._merged(record))
            changes.new_devices.append(record)
            return self._with_documents(StoredDevice(record), record, changes)
        if stored.record.retired_at is not None:
            return stored
        sent = apply_fields(stored.record.sent, given)
        if sent == stored.record.sent:
            return stored
        return self._update(stored, replace(stored.record, sent=sent, updated_at=now), changes)

    def edit(self, stored: StoredDevice, given: Mapping[str, object], changes: DeviceChanges) -> StoredDevice:
        """Plan what an operator set; returns `stored` itself when nothing changes."""
        own = apply_fields(stored.record.set_by_operator, given)
        if own == stored.record.set_by_operator:
            return stored
        record = replace(stored.record, set_by_operator=own, updated_at=self._occasion.now_ms)
        return self._update(stored, record, changes)

    def retire(self, stored: StoredDevice, changes: DeviceChanges) -> StoredDevice:
        """Plan a retirement: links are over at once, documents are to go; the record stays."""
        now = self._occasion.now_ms
        record = replace(stored.record, retired_at=now, retired_by=self._occasion.by, updated_at=now)
        changes.devices.append(record)
        return self._with_documents(stored, record, changes)

    def revive(self, stored: StoredDevice, changes: DeviceChanges) -> StoredDevice:
        """Plan a revival: the same documents, the same links, shared as the device says now."""
        record = replace(stored.record, retired_at=None, retired_by=None, updated_at=self._occasion.now_ms)
        changes.devices.append(record)
        return self._with_documents(stored, record, changes, is_back=True)

    def match_slots(self, stored: StoredDevice, changes: DeviceChanges) -> StoredDevice:
        """Plan the documents that templates now ask for; returns `stored` when all are there, shared as asked."""
        if stored.record.retired_at is not None:
            return stored
        wanted = self._wanted(stored.record, stored.record)
        present = {document.uid for document in stored.documents if document.is_wanted}
        shared = {link.document_uid for link in stored.links if link.is_default and link.suspended_at is None}
        to_share = {document.row.uid for document in wanted if document.profile is not None}
        if present == {document.row.uid for document in wanted} and shared == to_share:
            return stored
        return self._with_documents(stored, stored.record, changes)

    def _update(self, stored: StoredDevice, record: DeviceRecord, changes: DeviceChanges) -> StoredDevice:
        after = self._merged(record)
        check_merged(after)
        changes.devices.append(record)
        # An operator's value hides it, or there is nothing to show.
        if self._merged(stored.record) == after or record.retired_at is not None:
            return replace(stored, record=record)
        return self._with_documents(stored, record, changes)

    def _with_documents(
        self, stored: StoredDevice, record: DeviceRecord, changes: DeviceChanges, *, is_back: bool = False
    ) -> StoredDevice:
        """Plan the documents of the device as `record` has it; one that is back is shared as it says, whatever was."""
        wanted = [] if record.retired_at is not None else self._wanted(record, None if is_back else stored.record)
        planned = plan_wanted(DocumentSet(stored.documents, stored.links), wanted, self._occasion)
        changes.documents.append(planned)
        return StoredDevice(record, tuple(planned.after.documents), tuple(planned.after.links))

    def _wanted(self, record: DeviceRecord, before: DeviceRecord | None) -> list[WantedDocument]:
        device = self._merged(record)
        return [
            WantedDocument(
                _document(device, slot, template),
                self._profile(record, template),
                None if before is None else self._profile(before, template),
            )
            for slot, template in self._templates.for_device(device).items()
        ]

    def _profile(self, record: DeviceRecord, template: Template) -> LinkProfile | None:
        """Return the profile of a slot, None when it is not shared: as the device says, its template, the settings."""
        said = {**record.sent, **record.set_by_operator}.get("share")
        return profile_of_share(str(said or template.share or self._options.share_default))

    def _merged(self, record: DeviceRecord) -> Device:
        return merge_device(record, share_default=self._options.share_default)


def _document(device: Device, slot: str, template: Template) -> NewDocument:
    uid = dashboard_uid(Maker.DEVICE, slot, device.id)
    return NewDocument(
        uid,
        Maker.DEVICE.value,
        slot,
        device.id,
        device.title,
        device_file(device.id, uid),
        template.name,
        template.refresh,
    )


def load_devices(tx: ReadTransaction, ids: Sequence[str]) -> dict[str, StoredDevice]:
    """Load devices with their documents and links, by id; those that do not exist are left out."""
    records = tx.devices.find(ids)
    if not records:
        return {}
    documents, links = tx.documents.of_devices(ids), tx.links.of_devices(ids)
    return {
        device_id: StoredDevice(record, tuple(documents.get(device_id, ())), tuple(links.get(device_id, ())))
        for device_id, record in records.items()
    }
