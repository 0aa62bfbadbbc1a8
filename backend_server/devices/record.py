"""What is kept of a device: what its caller sent, what a person set, and its times (epoch milliseconds)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backend_server.primitives.ids import DeviceId


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    """A stored device. `sent` and `set_by_operator` hold checked fields only, as `devices.fields` gives them."""

    id: DeviceId
    sent: Mapping[str, object]
    set_by_operator: Mapping[str, object]
    created_at: int
    updated_at: int
    last_seen_at: int
    retired_at: int | None = None
    retired_by: str | None = None
