"""The device as every other room sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from backend_server.primitives.ids import DeviceId

MAX_HOSTNAME = 253
MAX_LABELS = 32
MAX_TITLE = 189


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
