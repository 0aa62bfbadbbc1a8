"""Bringing devices in line with what callers of the hook say: by a read, or by one transaction per 500 devices.

First a snapshot is read, so that what changes nothing takes no write lock; what seems to change something is planned
again inside the write, where nobody else writes. Hence any number of threads and processes make one row, one link, one
token. The worker finds what is to be done by the change number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from backend_server.devices.device import Device, DeviceRecord, DeviceState, device_state, merge_device
from backend_server.documents.status import DocumentStatus
from backend_server.errors import DashwrightError
from backend_server.links.link import FoundLink, Link
from backend_server.primitives.chunks import chunks
from backend_server.primitives.ids import DeviceId, Maker
from backend_server.templates import TemplateSet

from .device_plan import DeviceChanges, DevicePlanner, load_devices
from .guard import registry_guard
from .model import Fields, HeartbeatAnswer, RegistryOptions, StoredDevice
from .ports import Records
from .seen import Seen

MAIN_SLOT = "main"


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A device at a given time: the merged device, its record, its documents and all its links."""

    device: Device
    record: DeviceRecord
    state: DeviceState
    documents: tuple[DocumentStatus, ...]
    links: tuple[Link, ...]
    last_seen_at: int
    links_on: bool = True

    @property
    def link(self) -> Link | None:
        """The device's own link: the default one of slot `main`, unless that is not shared."""
        link = next((link for link in self.links if link.is_default and link.slot == MAIN_SLOT), None)
        if link is None or link.suspended_at is None:
            return link
        # With its device a link is suspended as well, and then shown as what it is: over.
        return link if self.state is DeviceState.RETIRED and self.device.share != "false" else None

    def moves_by_itself(self, now_ms: int) -> bool:
        """Whether the hook's answer changes at some time without a write."""
        return self.link is not None and self.found(self.link).until(now_ms) is not None

    def found(self, link: Link) -> FoundLink:
        """Return one of the device's links with the state of its document."""
        document = next((document for document in self.documents if document.uid == link.document_uid), None)
        return FoundLink(
            link,
            document.serving_state if document else None,
            document.title if document else self.device.title,
            self.links_on,
            own_refresh=document.refresh if document else None,
        )


@dataclass(frozen=True, slots=True)
class AcceptedDevice:
    """An accepted device as of `now_ms` and a change number."""

    created: bool
    view: DeviceView
    change: int
    now_ms: int


Outcomes = dict[DeviceId, AcceptedDevice | DashwrightError]
CurrentTemplates = Callable[[], TemplateSet]


class DeviceUpserter:
    """Registers devices and follows what changed; `guard` tells caches of its answers what to forget."""

    def __init__(
        self,
        records: Records,
        templates: CurrentTemplates,
        options: RegistryOptions,
        clock_ms: Callable[[], int],
    ) -> None:
        self.guard = registry_guard(records)
        self.seen = Seen(records)
        self._records = records
        self._templates = templates
        self._options = options
        self._clock_ms = clock_ms

    def upsert(self, device_id: DeviceId, given: Fields, by: str, *, client: str | None = None) -> AcceptedDevice:
        """Register one checked device or store what changed of it; raises what is wrong with it."""
        outcome = self._upsert({device_id: given}, by, client)[device_id]
        if isinstance(outcome, DashwrightError):
            raise outcome
        return outcome

    def upsert_many(self, requests: Mapping[DeviceId, Fields], by: str, *, client: str | None = None) -> Outcomes:
        """Register checked devices in few transactions; a bad one yields its error and never affects the others."""
        outcomes: Outcomes = {}
        for part in chunks(list(requests)):
            outcomes |= self._upsert({device_id: requests[device_id] for device_id in part}, by, client)
        return outcomes

    def match_slots(self, device_ids: Sequence[str], by: str) -> int:
        """Plan the documents that devices' templates now ask for; returns how many devices changed."""
        changed = 0
        for part in chunks(device_ids):
            templates = self._templates()
            with self._records.writing() as tx:
                changes, planner = DeviceChanges(), DevicePlanner(self._options, templates, now_ms=tx.now_ms, by=by)
                for stored in load_devices(tx, part).values():
                    changed += planner.match_slots(stored, changes) is not stored
                if changes.is_empty:
                    tx.discard()
                else:
                    changes.write(tx)
        return changed

    def was_seen(self, device_ids: Sequence[str], client: str | None) -> None:
        """Record that a client's devices were seen just now."""
        now = self._clock_ms()
        self.seen.mark_all(device_ids, now)
        if client is not None:
            self.seen.belongs(client, device_ids, self.guard.state.epoch, now)

    def heartbeat(self, epoch: str | None, count: int, *, client: str = "") -> HeartbeatAnswer:
        """Accept a client's word that nothing changed for its `count` devices; see `registry.seen`."""
        ours = self.guard.check().epoch
        return self.seen.heartbeat(client, epoch, count, ours, now_ms=self._clock_ms())

    def view(self, stored: StoredDevice, *, links_on: bool = True) -> DeviceView:
        """Return the present view of a stored device."""
        now, record = self._clock_ms(), stored.record
        seen = self.seen.at(record.id)
        return DeviceView(
            device=merge_device(record, share_default=self._options.share_default),
            record=record,
            state=device_state(record, now, self._options.stale_after_ms, seen_ms=seen),
            documents=stored.documents,
            links=stored.links,
            last_seen_at=max(record.last_seen_at, seen),
            links_on=links_on,
        )

    def _upsert(self, requests: Mapping[DeviceId, Fields], by: str, client: str | None) -> Outcomes:
        self.guard.check()
        templates = self._templates()  # a value: no other service is called inside a transaction
        outcomes: Outcomes = {}
        with self._records.reading() as tx:
            stored, state = load_devices(tx, list(requests)), tx.state()
        # What is not there is new in any case: it is planned once, inside the write.
        known = {device_id: given for device_id, given in requests.items() if device_id in stored}
        plan = _Plan(DevicePlanner(self._options, templates, now_ms=self._clock_ms(), by=by), stored, known)
        self._accept(plan.unchanged, outcomes, state.change, links_on=state.links_on)
        outcomes.update(plan.refused)
        left = {device_id: given for device_id, given in requests.items() if device_id not in outcomes}
        if left:
            self._write(left, by, templates, outcomes)
            if self._templates() is not templates:
                # They changed meanwhile, and the worker may have matched all devices just before these were written.
                self.match_slots(list(left), by)
        accepted = [device_id for device_id, outcome in outcomes.items() if isinstance(outcome, AcceptedDevice)]
        self.was_seen(accepted, client)
        return outcomes

    def _write(self, requests: Mapping[DeviceId, Fields], by: str, templates: TemplateSet, outcomes: Outcomes) -> None:
        with self._records.writing() as tx:
            planner = DevicePlanner(self._options, templates, now_ms=tx.now_ms, by=by)
            plan = _Plan(planner, load_devices(tx, list(requests)), requests)
            change, links_on = tx.change, tx.state().links_on
            if plan.changes.is_empty:
                tx.discard()
            else:
                plan.changes.write(tx)
                tx.audit.add(by, "register", "device", sorted(plan.created), {})
        outcomes.update(plan.refused)
        # The number of a discarded write is not ours: what was seen in it is right as of the one before.
        self._accept(plan.unchanged, outcomes, change - 1, links_on=links_on)
        if plan.changed:
            self.guard.wrote(change, [(Maker.DEVICE.value, device_id) for device_id in plan.changed])
            self._accept(plan.changed, outcomes, change, links_on=links_on, new=plan.created)

    def _accept(
        self,
        accepted: Mapping[DeviceId, StoredDevice],
        outcomes: Outcomes,
        change: int,
        *,
        links_on: bool,
        new: frozenset[str] = frozenset(),
    ) -> None:
        now = self._clock_ms()
        self.seen.mark_all(accepted.keys(), now)  # before the views are made: who calls is not stale
        for device_id, stored in accepted.items():
            outcomes[device_id] = AcceptedDevice(device_id in new, self.view(stored, links_on=links_on), change, now)


class _Plan:
    """The changes of requests against what is stored now."""

    def __init__(
        self, planner: DevicePlanner, stored: Mapping[str, StoredDevice], requests: Mapping[DeviceId, Fields]
    ) -> None:
        self.changes = DeviceChanges()
        self.unchanged: dict[DeviceId, StoredDevice] = {}
        self.changed: dict[DeviceId, StoredDevice] = {}
        self.refused: dict[DeviceId, DashwrightError] = {}
        for device_id, given in requests.items():
            before = stored.get(device_id)
            try:
                after = planner.put(device_id, before, given, self.changes)
            except DashwrightError as fault:
                self.refused[device_id] = fault
                continue
            if after is before:
                self.unchanged[device_id] = after
            else:
                self.changed[device_id] = after
        self.created = frozenset(device_id for device_id in self.changed if device_id not in stored)
