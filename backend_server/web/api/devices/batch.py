"""A batch of devices: its items read, faulty ones apart, and batches that came before."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from backend_server.devices.fields import parse_fields
from backend_server.errors import DashwrightError, InputError, InvalidInput, Problem
from backend_server.primitives.ids import DeviceId, parse_device_id

MOST_DEVICES = 10_000
_MOST_BATCHES = 4  # one of 10,000 devices and its answer take about 11 MB
_MOST_BATCH_BYTES = 4_000_000


@dataclass(slots=True)
class Compared:
    """A batch beside what is remembered: answers in their places, empty for the items that are unanswered."""

    results: list[bytes]
    seen: list[str]
    unanswered: dict[int, object]


@dataclass(slots=True)
class Requests:
    """What items of a batch ask for, by device; `raw` is missing where no single form says it all."""

    given: dict[DeviceId, Mapping[str, object]] = field(default_factory=dict)
    raw: dict[DeviceId, Mapping[str, Any]] = field(default_factory=dict)
    places: dict[DeviceId, list[int]] = field(default_factory=dict)
    refused: dict[int, DashwrightError] = field(default_factory=dict)


class BatchCache:
    """Batches that came word for word before, with their answers, as long as nothing at all was written since.

    A fleet at rest is polled by the same bytes again and again: then not even the JSON is read.
    """

    def __init__(self) -> None:
        self._kept: deque[CachedBatch] = deque(maxlen=_MOST_BATCHES)

    def find(self, body: bytes, base: bytes, number: int) -> CachedBatch | None:
        """Find a batch that is answered as it was, at the present change number."""
        for batch in self._kept.copy():
            if batch.number == number and batch.base == base and batch.body == body:
                return batch
        return None

    def keep(self, batch: CachedBatch) -> None:
        """Keep a batch that was answered from memory alone."""
        if len(batch.body) <= _MOST_BATCH_BYTES:
            self._kept.append(batch)


@dataclass(frozen=True, slots=True)
class CachedBatch:
    """A batch's bytes with the answer to them for a base address, right as of a change number."""

    body: bytes
    base: bytes
    number: int
    ids: Sequence[str]
    answer: bytes


def check_size(items: Sequence[object]) -> None:
    """Raise InvalidInput when there are more than one batch takes."""
    if len(items) > MOST_DEVICES:
        raise InvalidInput(
            [Problem("", f"holds {len(items)} devices; at most {MOST_DEVICES} at once, so send it in parts")],
            what="The batch",
        )


def read_items(items: Mapping[int, object]) -> Requests:
    """Check items of a batch; the same id again is as if put one after the other."""
    requests = Requests()
    for place, item in items.items():
        try:
            device_id, given = _checked(item)
        except InputError as fault:
            requests.refused[place] = fault
            continue
        if device_id in requests.given:
            requests.given[device_id] = {**requests.given[device_id], **given}
            requests.raw.pop(device_id, None)
        else:
            requests.given[device_id] = given
            requests.raw[device_id] = cast("Mapping[str, Any]", item)
        requests.places.setdefault(device_id, []).append(place)
    return requests


def _checked(item: object) -> tuple[DeviceId, dict[str, object]]:
    if not isinstance(item, Mapping):
        raise InvalidInput([Problem("", "must be an object with an id")], what="The device")
    if "id" not in item:
        raise InvalidInput([Problem("id", "is missing; each device of a batch names its id")], what="The device")
    device_id = parse_device_id(item["id"])
    return device_id, parse_fields(item, device_id=device_id)
