"""What a placeholder may read: the fields of one device, or the counts of the fleet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from backend_server.devices.device import Device

MOST_TEXT = 10_000
"""The longest text an expression may give, or hold between two steps."""
MOST_INTEGER = 2**63
"""Whole numbers of this size and above are refused: JSON readers keep 64 bits."""

DEVICE_FIELDS = ("id", "hostname", "title", "kind", "labels", "address")
FLEET_FIELDS = ("devices", "kinds")


@dataclass(frozen=True, slots=True)
class FleetSummary:
    """The fleet as fleet-scope templates see it: `<< fleet.devices >>` and `<< fleet.kinds.miner >>` (counts)."""

    devices: int
    kinds: Mapping[str, int]

    @classmethod
    def of(cls, devices: Iterable[Device]) -> FleetSummary:
        """Count the devices that are not retired."""
        kinds = Counter(device.kind for device in devices if device.retired_at is None)
        return cls(devices=sum(kinds.values()), kinds=dict(sorted(kinds.items())))


class Fields:
    """A mapping a template reads by name and by nothing else: a label called `items` is a label, not a method."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> object:
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def fields_of(subject: Device | FleetSummary) -> Fields:
    """Return the subject as expressions see it; an address that is not set is a missing field, not a null."""
    if isinstance(subject, FleetSummary):
        return Fields({"devices": subject.devices, "kinds": Fields(subject.kinds)})
    values: dict[str, object] = {
        "id": subject.id,
        "hostname": subject.hostname,
        "title": subject.title,
        "kind": subject.kind,
        "labels": Fields(subject.labels),
    }
    if subject.address is not None:
        values["address"] = subject.address
    return Fields(values)


def plain(value: object) -> object:
    """Return an expression's result as plain JSON; raises ValueError for one that is too large for any place."""
    if isinstance(value, Fields):
        return {name: plain(value[name]) for name in value}
    if isinstance(value, str) and len(value) > MOST_TEXT:
        raise ValueError(f"gives {len(value)} characters; at most {MOST_TEXT}")
    if isinstance(value, int) and abs(value) >= MOST_INTEGER:
        raise ValueError("gives a whole number of more than 64 bits")
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value
