"""All devices, merged: what the pass fills templates from, the poller polls and Prometheus scrapes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from backend_server.devices.device import Device, merge_device
from backend_server.primitives.chunks import chunks

from ..engine.store import Transactions
from ..schema import devices
from .devices import DeviceRows


class DeviceList:
    """The devices of one store. `share_default` is the `share` of a device that does not say."""

    def __init__(self, store: Transactions, *, share_default: str = "true") -> None:
        self._store = store
        self._share_default = share_default

    def everything(self) -> tuple[Device, ...]:
        """Return every device, retired ones too."""
        with self._store.read() as connection:
            ids = list(connection.execute(select(devices.c.id)).scalars())
            return tuple(self.find(connection, ids).values())

    def active(self) -> tuple[Device, ...]:
        """Return every device that is not retired."""
        return tuple(device for device in self.everything() if device.retired_at is None)

    def fingerprint(self) -> tuple[int, int]:
        """Return a cheap sign that moves whenever a device is added, changed, retired or purged."""
        with self._store.read() as connection:
            count, newest = connection.execute(select(func.count(), func.coalesce(func.max(devices.c.change), 0))).one()
        return int(count), int(newest)

    def find(self, connection: Connection, ids: Sequence[str]) -> dict[str, Device]:
        """Return the devices that exist, by id, in a snapshot that is open already."""
        return {
            device_id: merge_device(record, share_default=self._share_default)
            for part in chunks(ids)
            for device_id, record in DeviceRows(connection).find(part).items()
        }
