"""A registry over a store, with templates of two slots, for tests of whatever stands on devices."""

from __future__ import annotations

from collections.abc import Sequence

from backend_server.devices.device import Device
from backend_server.links import LinkEdit, LinkOptions
from backend_server.registry import DeviceRegistry, LinkRegistry, RegistryOptions
from backend_server.registry.ports import WantedSlot
from backend_server.storage.engine.store import Store
from backend_server.storage.tables.registry_records import SqlRecords
from backend_server.web.api.devices.hook import DeviceHook
from backend_server.web.api.links.schemas import LinkEditBody, NewLink


class TwoSlots:
    """Every device has `main`; one of kind `miner` has `detail` too."""

    def slots(self, device: Device) -> Sequence[WantedSlot]:
        found = [WantedSlot("main", "generic")]
        return [*found, WantedSlot("detail", "miner-detail")] if device.kind == "miner" else found


class Clock:
    """A clock that a test moves."""

    def __init__(self, now_ms: int = 1_800_000_000_000) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms


def device_registry(store: Store, options: RegistryOptions | None = None, **given: object) -> DeviceRegistry:
    return DeviceRegistry(SqlRecords(store), TwoSlots(), options or RegistryOptions(), **given)  # type: ignore[arg-type]  # a clock at most


def device_hook(store: Store, options: RegistryOptions | None = None, **given: object) -> DeviceHook:
    return DeviceHook(device_registry(store, options, **given))


def link_registry(store: Store, options: RegistryOptions | None = None, **given: object) -> LinkRegistry:
    return LinkRegistry(SqlRecords(store), options or RegistryOptions(), **given)  # type: ignore[arg-type]  # a clock at most


def new_link(raw: object) -> LinkOptions:
    """Read the body of `POST /api/links`."""
    return NewLink.model_validate(raw).options()


def link_edit(raw: object) -> LinkEdit:
    """Read the body of `PATCH /api/links/{token}`."""
    return LinkEditBody.model_validate(raw).edit()
