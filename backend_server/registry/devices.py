"""The registry of devices: the hook and the operator's deeds. Workers find what is to be done by the change number.

Every deed is one transaction: device, documents, publications, links and audit rows are written together or not at all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend_server.devices.fields import parse_fields
from backend_server.devices.lifecycle import may_be_revived
from backend_server.errors import DashwrightError, Gone, NotFound
from backend_server.primitives.ids import DeviceId, parse_device_id

from .guard import Guard
from .options import RegistryOptions
from .plan import Changes, Planner, Stored
from .ports import AnswerCache, DeviceQuery, Records, SlotsOf
from .seen import HeartbeatAnswer
from .settling import Accepted, Fields, Outcomes, Settler, chunks, load
from .views import DeviceView


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, and how many there are in all."""

    items: tuple[DeviceView, ...]
    total: int


def now_ms() -> int:
    """Return the present moment in epoch milliseconds."""
    return time.time_ns() // 1_000_000


class DeviceRegistry:
    """Devices by id. Any number of threads may use one registry; several processes share one database."""

    def __init__(
        self, records: Records, slots: SlotsOf, options: RegistryOptions, *, clock_ms: Callable[[], int] = now_ms
    ) -> None:
        self._records = records
        self._options = options
        self._clock_ms = clock_ms
        self._settler = Settler(records, slots, options, clock_ms)

    # The hook

    def remember_with(self, cache: AnswerCache) -> Guard:
        """Return the guard of what an entrance remembers of its answers; the cache is told what to forget."""
        return self._settler.watch(cache)

    def put(self, device_id: str, raw: Mapping[str, Any], by: str, *, client: str | None = None) -> Accepted:
        """Register a device or note what changed; raises InvalidInput naming each field that is wrong.

        A retired device stays retired, whatever is sent.
        """
        checked = parse_device_id(device_id)
        outcome = self.put_many({checked: parse_fields(raw, device_id=checked)}, by, client=client)[checked]
        if isinstance(outcome, DashwrightError):
            raise outcome
        return outcome

    def put_many(self, requests: Mapping[DeviceId, Fields], by: str, *, client: str | None = None) -> Outcomes:
        """Register checked devices in few transactions; a bad one ends as its error and never spoils the others."""
        self._settler.guard.check()
        return self._settler.settle(requests, by, client)

    def was_seen(self, device_ids: Sequence[str], client: str | None) -> None:
        """Count devices as seen just now, put by a client that sent what is known already."""
        self._settler.was_seen(device_ids, client)

    def heartbeat(self, epoch: str | None, count: int, *, client: str = "") -> HeartbeatAnswer:
        """Take a client's word that nothing changed for its `count` devices; see `registry.seen`."""
        guard = self._settler.guard
        guard.check()
        return self._settler.seen.heartbeat(client, epoch, count, guard.epoch, now_ms=self._clock_ms())

    # What an operator does

    def set_by_operator(self, device_id: str, given: Fields, by: str) -> DeviceView:
        """Set checked fields; they win over the caller's, None takes one back. Raises InvalidInput, NotFound."""
        return self._deed(device_id, by, "edit", lambda plan, stored, changes: plan.edit(stored, given, changes))

    def retire(self, device_id: str, by: str) -> DeviceView:
        """End a device: its links are over from the next request on; once more changes nothing. Raises NotFound."""

        def plan(planner: Planner, stored: Stored, changes: Changes) -> Stored:
            return stored if stored.record.retired_at is not None else planner.retire(stored, changes)

        return self._deed(device_id, by, "retire", plan)

    def revive(self, device_id: str, by: str) -> DeviceView:
        """Bring a retired device back with its dashboards and links; raises NotFound, Gone when kept too long."""

        def plan(planner: Planner, stored: Stored, changes: Changes) -> Stored:
            if stored.record.retired_at is None:
                return stored
            if not may_be_revived(stored.record, self._clock_ms(), self._options.retired_keep_ms):
                raise Gone(
                    f"Device {device_id!r} was retired longer ago than RETIRED_KEEP allows; it is about to be purged "
                    "and can only be made anew then.",
                    details={"id": device_id},
                )
            return planner.revive(stored, changes)

        return self._deed(device_id, by, "revive", plan)

    def match_slots(self, device_ids: Sequence[str], by: str = "dashwright") -> int:
        """Return devices the documents their templates now ask for; gives how many devices changed.

        For the worker, after a template came, went or began to match other devices.
        """
        changed = 0
        for chunk in chunks(device_ids):
            with self._records.writing() as write:
                changes, planner = Changes(), self._settler.planner(write.now_ms, by)
                for stored in load(write, chunk).values():
                    changed += planner.match_slots(stored, changes) is not stored
                if changes.is_empty:
                    write.discard()
                else:
                    changes.apply(write)
        return changed

    # Reading

    def get(self, device_id: str) -> DeviceView:
        """Return a device as it stands; raises NotFound."""
        with self._records.reading() as reading:
            stored, links_on = load(reading, [device_id]).get(device_id), reading.state().links_on
        if stored is None:
            raise _unknown(device_id)
        return self._settler.view(stored, links_on=links_on)

    def list(
        self,
        state: str | None = None,
        kind: str | None = None,
        search: str | None = None,
        *,
        page: int = 1,
        per_page: int = 100,
    ) -> Page:
        """Return devices in order of id; `search` looks in id and hostname, `state` is active, stale or retired."""
        if state in ("active", "stale"):
            self.flush()  # the database decides who is stale, so it has to know who was seen
        query = DeviceQuery(state, kind, search, page, per_page, self._seen_before())
        with self._records.reading() as reading:
            ids, total = reading.device_page(query)
            found, links_on = load(reading, ids), reading.state().links_on
        return Page(tuple(self._settler.view(found[one], links_on=links_on) for one in ids), total)

    def counts(self) -> Mapping[str, int]:
        """Count devices by state, as far as last seen is written."""
        with self._records.reading() as reading:
            return reading.count_devices(self._seen_before())

    def flush(self) -> int:
        """Write when devices were last seen, in one statement; gives their number. For every minute, and the end."""
        taken = self._settler.seen.take()
        if taken:
            try:
                self._records.flush_seen(taken)
            except DashwrightError:
                self._settler.seen.put_back(taken)
                raise
        return len(taken)

    def _deed(
        self, device_id: str, by: str, action: str, plan: Callable[[Planner, Stored, Changes], Stored]
    ) -> DeviceView:
        with self._records.writing() as write:
            stored = load(write, [device_id]).get(device_id)
            if stored is None:
                raise _unknown(device_id)
            changes = Changes()
            after = plan(self._settler.planner(write.now_ms, by), stored, changes)
            links_on = write.state().links_on
            if changes.is_empty:
                write.discard()
            else:
                changes.apply(write)
                write.note(by, action, "device", [device_id], {})
        return self._settler.view(after, links_on=links_on)

    def _seen_before(self) -> int:
        return self._clock_ms() - self._options.stale_after_ms


def _unknown(device_id: str) -> NotFound:
    return NotFound(f"There is no device {device_id[:80]!r}.", details={"id": device_id[:80]})
