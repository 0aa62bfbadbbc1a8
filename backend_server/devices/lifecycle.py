"""The states of a device's life, decided from its times (epoch milliseconds)."""

from __future__ import annotations

from .device import DeviceState
from .record import DeviceRecord


def device_state(record: DeviceRecord, now_ms: int, stale_after_ms: int, *, seen_ms: int = 0) -> DeviceState:
    """Say where a device stands; `seen_ms` is when it was last seen as far as memory knows, beyond the record."""
    if record.retired_at is not None:
        return DeviceState.RETIRED
    last_seen = max(record.last_seen_at, seen_ms)
    return DeviceState.STALE if now_ms - last_seen > stale_after_ms else DeviceState.ACTIVE


def may_be_revived(record: DeviceRecord, now_ms: int, retired_keep_ms: int) -> bool:
    """Whether a retired device is still kept."""
    return record.retired_at is not None and now_ms < purge_at(record.retired_at, retired_keep_ms)


def purge_at(retired_at: int, retired_keep_ms: int) -> int:
    """Return the moment from which a retired device is forgotten for good."""
    return retired_at + retired_keep_ms
