"""A timing wheel: finding what is due costs the same for ten devices and ten thousand, with one timer for all."""

from __future__ import annotations

import zlib
from collections import defaultdict
from typing import Generic, TypeVar

TICK_SECONDS = 0.05

Item = TypeVar("Item")


class Wheel(Generic[Item]):
    """Items by the tick at which they are due."""

    def __init__(self) -> None:
        self._slots: defaultdict[int, list[Item]] = defaultdict(list)
        self._next: int | None = None

    def put(self, item: Item, at_seconds: float) -> None:
        """Schedule an item for a time of the monotonic clock, or for the next tick when that has passed."""
        tick = int(at_seconds / TICK_SECONDS) + 1
        self._slots[tick if self._next is None else max(tick, self._next)].append(item)

    def due(self, now_seconds: float) -> list[Item]:
        """Return everything that is due, also after a tick that came late."""
        present = int(now_seconds / TICK_SECONDS)
        first = present if self._next is None else self._next
        self._next = present + 1
        if self._next - first > len(self._slots):
            ticks = sorted(tick for tick in self._slots if tick <= present)
        else:
            ticks = [tick for tick in range(first, present + 1) if tick in self._slots]
        return [item for tick in ticks for item in self._slots.pop(tick)]


def phase(device_id: str, interval_seconds: float) -> float:
    """Return a device's place inside its interval, so that a fleet is asked evenly and not all at once."""
    return (zlib.crc32(device_id.encode()) % 10_007) / 10_007 * interval_seconds
