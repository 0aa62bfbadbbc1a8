"""The registry of devices: the hook and what operators do. Workers find what is to be done by the change number.

Every change is one transaction: device, documents, publications, links and audit rows are written together or not at
all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend_server.devices.device import may_be_revived
from backend_server.devices.fields import parse_fields
from backend_server.errors import Gone, NotFound
from backend_server.primitives.clock import epoch_ms
from backend_server.primitives.ids import parse_device_id

from .device_plan import DeviceChanges, DevicePlanner, load_devices
from .model import DeviceQuery, Fields, RegistryOptions, StoredDevice
from .ports import Records
from .upsert import AcceptedDevice, CurrentTemplates, DeviceUpserter, DeviceView

Change = Callable[[DevicePlanner, StoredDevice, DeviceChanges], StoredDevice]


@dataclass(frozen=True, slots=True)
class DevicePage:
    """One page of a list of devices, and how many there are in all."""

    items: tuple[DeviceView, ...]
    total: int


class DeviceRegistry:
    """Devices by id. Any number of threads may use one registry; several processes share one database.

    `upserter` is the hook's way in.
    """

    def __init__(
        self,
        records: Records,
        templates: CurrentTemplates,
        options: RegistryOptions,
        *,
        clock_ms: Callable[[], int] = epoch_ms,
    ) -> None:
        self.upserter = DeviceUpserter(records, templates, options, clock_ms)
        self._records = records
        self._templates = templates
        self._options = options
        self._clock_ms = clock_ms

    def put(self, device_id: str, raw: Mapping[str, Any], by: str, *, client: str | None = None) -> AcceptedDevice:
        """Register a device or store what changed of it; raises InvalidInput naming each field that is wrong.

        A retired device stays retired, whatever is sent.
        """
        checked = parse_device_id(device_id)
        return self.upserter.upsert(checked, parse_fields(raw, device_id=checked), by, client=client)

    def set_by_operator(self, device_id: str, given: Fields, by: str) -> DeviceView:
        """Set checked fields; they win over the caller's, None takes one back. Raises InvalidInput, NotFound."""
        return self._change(device_id, by, "edit", lambda plan, stored, changes: plan.edit(stored, given, changes))

    def retire(self, device_id: str, by: str) -> DeviceView:
        """Retire a device: its links are over from the next request on; repeatable. Raises NotFound."""

        def plan(planner: DevicePlanner, stored: StoredDevice, changes: DeviceChanges) -> StoredDevice:
            return stored if stored.record.retired_at is not None else planner.retire(stored, changes)

        return self._change(device_id, by, "retire", plan)

    def revive(self, device_id: str, by: str) -> DeviceView:
        """Bring a retired device back with its dashboards and links; raises NotFound, and Gone once it is too late."""

        def plan(planner: DevicePlanner, stored: StoredDevice, changes: DeviceChanges) -> StoredDevice:
            if stored.record.retired_at is None:
                return stored
            if not may_be_revived(stored.record, self._clock_ms(), self._options.retired_keep_ms):
                raise Gone(
                    f"Device {device_id!r} was retired longer ago than RETIRED_KEEP allows; it is about to be purged "
                    "and can only be created again then.",
                    details={"id": device_id},
                )
            return planner.revive(stored, changes)

        return self._change(device_id, by, "revive", plan)

    def match_slots(self, device_ids: Sequence[str], by: str = "dashwright") -> int:
        """Plan the documents that devices' templates now ask for; returns how many devices changed.

        For the worker, after a template came, went or began to match other devices.
        """
        return self.upserter.match_slots(device_ids, by)

    def get(self, device_id: str) -> DeviceView:
        """Return a device in its present state; raises NotFound."""
        with self._records.reading() as tx:
            stored, links_on = load_devices(tx, [device_id]).get(device_id), tx.state().links_on
        if stored is None:
            raise _unknown(device_id)
        return self.upserter.view(stored, links_on=links_on)

    def list(
        self,
        state: str | None = None,
        kind: str | None = None,
        search: str | None = None,
        *,
        page: int = 1,
        per_page: int = 100,
    ) -> DevicePage:
        """Return devices in order of id; `search` looks in id and hostname, `state` is active, stale or retired."""
        if state in ("active", "stale"):
            self.flush()  # the database decides who is stale, so it has to know who was seen
        query = DeviceQuery(state, kind, search, page, per_page, self._seen_before())
        with self._records.reading() as tx:
            ids, total = tx.devices.page(query)
            stored, links_on = load_devices(tx, ids), tx.state().links_on
        return DevicePage(tuple(self.upserter.view(stored[device_id], links_on=links_on) for device_id in ids), total)

    def counts(self) -> Mapping[str, int]:
        """Count devices by state, as far as last seen is written."""
        with self._records.reading() as tx:
            return tx.devices.count(self._seen_before())

    def flush(self) -> int:
        """Write when devices were last seen, in one statement; returns their number. For every minute, and the end."""
        return self.upserter.seen.flush()

    def _change(self, device_id: str, by: str, action: str, change: Change) -> DeviceView:
        templates = self._templates()
        with self._records.writing() as tx:
            stored = load_devices(tx, [device_id]).get(device_id)
            if stored is None:
                raise _unknown(device_id)
            changes = DeviceChanges()
            planner = DevicePlanner(self._options, templates, now_ms=tx.now_ms, by=by)
            after = change(planner, stored, changes)
            links_on = tx.state().links_on
            if changes.is_empty:
                tx.discard()
            else:
                changes.write(tx)
                tx.audit.add(by, action, "device", [device_id], {})
        if self._templates() is not templates:
            self.match_slots([device_id], by)
        return self.upserter.view(after, links_on=links_on)

    def _seen_before(self) -> int:
        return self._clock_ms() - self._options.stale_after_ms


def _unknown(device_id: str) -> NotFound:
    return NotFound(f"There is no device {device_id[:80]!r}.", details={"id": device_id[:80]})
