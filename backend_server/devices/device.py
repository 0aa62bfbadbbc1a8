"""The device as every other room sees it, what is stored of it, and where it stands in its life.

Times of a record are epoch milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import cast

from backend_server.errors import InvalidInput, Problem
from backend_server.primitives.ids import DeviceId

MAX_HOSTNAME = 253
MAX_LABELS = 32
MAX_TITLE = 189
DEFAULT_KIND = "generic"


class DeviceState(StrEnum):
    """Where a device stands in its life; `stale` is derived from when it was last seen."""

    ACTIVE = "active"
    STALE = "stale"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Device:
    """A device with the operator's words laid over the caller's.

    `share` is "true", "false" or a link profile's name; `address` is `http(s)://host[:port]` or None.
    """

    id: DeviceId
    hostname: str
    kind: str = "generic"
    labels: Mapping[str, str] = field(default_factory=dict)
    address: str | None = None
    share: str = "true"
    retired_at: datetime | None = None

    @property
    def title(self) -> str:
        """The dashboard's title: hostname, plus ` (id)` unless equal, cut to 189 with the id kept: always unique."""
        if self.hostname == self.id:
            return self.hostname
        tail = f" ({self.id})"
        return self.hostname[: MAX_TITLE - len(tail)] + tail


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    """A stored device. `sent` and `set_by_operator` hold checked fields only, as `devices.fields` returns them."""

    id: DeviceId
    sent: Mapping[str, object]
    set_by_operator: Mapping[str, object]
    created_at: int
    updated_at: int
    last_seen_at: int
    retired_at: int | None = None
    retired_by: str | None = None


def apply_fields(before: Mapping[str, object], given: Mapping[str, object]) -> dict[str, object]:
    """Merge given fields into earlier ones: an absent one stays, None removes it. Idempotent."""
    after = {**before, **given}
    return {name: value for name, value in after.items() if value is not None}


def merge_device(record: DeviceRecord, *, share_default: str) -> Device:
    """Return the device in effect: defaults, then what was sent, then what an operator set; labels name by name."""
    said = {**record.sent, **record.set_by_operator}
    labels = {
        **cast("Mapping[str, str]", record.sent.get("labels", {})),
        **cast("Mapping[str, str]", record.set_by_operator.get("labels", {})),
    }
    return Device(
        id=record.id,
        hostname=str(said.get("hostname", record.id)),
        kind=str(said.get("kind", DEFAULT_KIND)),
        labels=labels,
        address=cast("str | None", said.get("address")),
        share=str(said.get("share", share_default)),
        retired_at=None if record.retired_at is None else datetime.fromtimestamp(record.retired_at / 1000, UTC),
    )


def check_merged(device: Device) -> None:
    """Refuse what only both together exceed (InvalidInput): the caller's and the operator's labels are one set."""
    if len(device.labels) > MAX_LABELS:
        raise InvalidInput(
            [
                Problem(
                    "labels",
                    f"are {len(device.labels)} together with those an operator set; at most {MAX_LABELS}",
                )
            ],
            what="The device",
        )


def device_state(record: DeviceRecord, now_ms: int, stale_after_ms: int, *, seen_ms: int = 0) -> DeviceState:
    """Return a device's state; `seen_ms` is when it was last seen as far as memory knows, beyond the record."""
    if record.retired_at is not None:
        return DeviceState.RETIRED
    last_seen = max(record.last_seen_at, seen_ms)
    return DeviceState.STALE if now_ms - last_seen > stale_after_ms else DeviceState.ACTIVE


def may_be_revived(record: DeviceRecord, now_ms: int, retired_keep_ms: int) -> bool:
    """Whether a retired device can still be revived."""
    return record.retired_at is not None and now_ms < purge_at(record.retired_at, retired_keep_ms)


def purge_at(retired_at: int, retired_keep_ms: int) -> int:
    """Return the time at which a retired device is deleted for good, in epoch milliseconds."""
    return retired_at + retired_keep_ms
