"""Settling what callers of the hook want: by memory, by a read, or by one transaction per 500 devices.

First a snapshot is read, so that what changes nothing takes no write lock; what seems to change something is planned
again inside the write, where nobody else writes. Hence any number of threads and processes make one row, one link, one
token.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from backend_server.devices.lifecycle import device_state
from backend_server.errors import DashwrightError
from backend_server.primitives.ids import DeviceId, Maker

from .guard import Guard
from .options import RegistryOptions
from .plan import Changes, Planner, Stored
from .ports import AnswerCache, Reading, Records, SlotsOf
from .seen import Seen
from .views import DeviceView

_CHUNK = 500
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Accepted:
    """A settled request: the device as it stood at `now_ms`, right as of a change number."""

    created: bool
    view: DeviceView
    change: int
    now_ms: int


Fields = Mapping[str, object]  # what `devices.fields.parse_fields` gives
Outcomes = dict[DeviceId, Accepted | DashwrightError]


class Settler:
    """What the hook's single calls and batches share: guard, last seen, and the way to the database."""

    def __init__(self, records: Records, slots: SlotsOf, options: RegistryOptions, clock_ms: Callable[[], int]) -> None:
        self.records = records
        self.options = options
        self.clock_ms = clock_ms
        self.seen = Seen()
        self.guard = Guard(records, self._forget, self._forget_all)
        self._slots = slots
        self._caches: list[AnswerCache] = []

    def watch(self, cache: AnswerCache) -> Guard:
        """Tell a cache from now on what to forget; the guard says what it may keep."""
        self._caches.append(cache)
        return self.guard

    def settle(self, requests: Mapping[DeviceId, Fields], by: str, client: str | None) -> Outcomes:
        """Settle checked requests; a bad one ends as its error and never spoils the others."""
        outcomes: Outcomes = {}
        for chunk in chunks(list(requests)):
            part = {one: requests[one] for one in chunk}
            with self.records.reading() as reading:
                stored = load(reading, list(part))
                state = reading.state()
            # What is not there is new in any case: it is planned once, inside the write.
            plan = _Plan(self.planner(self.clock_ms(), by), stored, {one: part[one] for one in part if one in stored})
            self._accept(plan.unchanged, outcomes, state.change, links_on=state.links_on)
            outcomes.update(plan.refused)
            left = {one: part[one] for one in part if one not in outcomes}
            if left:
                self._write(left, by, outcomes)
        accepted = [one for one, outcome in outcomes.items() if isinstance(outcome, Accepted)]
        self.was_seen(accepted, client)
        return outcomes

    def _write(self, requests: Mapping[DeviceId, Fields], by: str, outcomes: Outcomes) -> None:
        with self.records.writing() as write:
            plan = _Plan(self.planner(write.now_ms, by), load(write, list(requests)), requests)
            change, links_on = write.change, write.state().links_on
            if plan.changes.is_empty:
                write.discard()
            else:
                plan.changes.apply(write)
                write.note(by, "register", "device", sorted(plan.created), {})
        outcomes.update(plan.refused)
        # The number of a discarded write is not ours: what was seen in it is right as of the one before.
        self._accept(plan.unchanged, outcomes, change - 1, links_on=links_on)
        if plan.changed:
            with self.guard.lock:
                self._forget([(Maker.DEVICE, one) for one in plan.changed])
                self.guard.wrote(change)
            self._accept(plan.changed, outcomes, change, links_on=links_on, new=plan.created)

    def _accept(
        self,
        found: Mapping[DeviceId, Stored],
        outcomes: Outcomes,
        change: int,
        *,
        links_on: bool,
        new: frozenset[str] = frozenset(),
    ) -> None:
        now = self.clock_ms()
        self.seen.mark_all(found.keys(), now)  # before the views are made: who calls is not stale
        for one, stored in found.items():
            outcomes[one] = Accepted(one in new, self.view(stored, links_on=links_on), change, now)

    def _forget(self, changed: Sequence[tuple[str, str]]) -> None:
        for cache in self._caches:
            cache.forget(changed)

    def _forget_all(self) -> None:
        for cache in self._caches:
            cache.forget_all()

    def view(self, stored: Stored, *, links_on: bool = True) -> DeviceView:
        """Show what is stored of a device."""
        now, record = self.clock_ms(), stored.record
        seen = self.seen.at(record.id)
        return DeviceView(
            device=self.planner(now, "").merged(record),
            record=record,
            state=device_state(record, now, self.options.stale_after_ms, seen_ms=seen),
            documents=stored.documents,
            links=stored.links,
            last_seen_at=max(record.last_seen_at, seen),
            links_on=links_on,
        )

    def planner(self, now_ms: int, by: str) -> Planner:
        """Return the planner of one moment."""
        return Planner(self.options, self._slots.slots, now_ms=now_ms, by=by)

    def was_seen(self, device_ids: Sequence[str], client: str | None) -> None:
        """Count devices as seen just now, put by a client."""
        now = self.clock_ms()
        self.seen.mark_all(device_ids, now)
        if client is not None:
            self.seen.belongs(client, device_ids, self.guard.epoch, now)


class _Plan:
    """What requests come to against what is stored now."""

    def __init__(self, planner: Planner, stored: Mapping[str, Stored], requests: Mapping[DeviceId, Fields]) -> None:
        self.changes = Changes()
        self.unchanged: dict[DeviceId, Stored] = {}
        self.changed: dict[DeviceId, Stored] = {}
        self.refused: dict[DeviceId, DashwrightError] = {}
        for one, given in requests.items():
            before = stored.get(one)
            try:
                after = planner.put(one, before, given, self.changes)
            except DashwrightError as fault:
                self.refused[one] = fault
                continue
            if after is before:
                self.unchanged[one] = after
            else:
                self.changed[one] = after
        self.created = frozenset(one for one in self.changed if one not in stored)


def load(reading: Reading, ids: Sequence[str]) -> dict[str, Stored]:
    """Load devices with their documents and links, by id; those that do not exist are left out."""
    records, documents, links = reading.devices(ids), reading.documents(ids), reading.links(ids)
    return {
        one: Stored(record, tuple(documents.get(one, ())), tuple(links.get(one, ()))) for one, record in records.items()
    }


def chunks(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    """Cut a list, so that no transaction and no statement grows without bound."""
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
