"""A registry over a store, with templates of two slots, for tests of whatever stands on devices."""

from __future__ import annotations

from backend_server.links import LinkEdit, LinkOptions
from backend_server.registry import DeviceRegistry, LinkRegistry, RegistryOptions
from backend_server.storage.engine.store import Store
from backend_server.storage.transactions import Records
from backend_server.templates import TemplateSet
from backend_server.web.api.devices.hook import DeviceHook
from backend_server.web.api.links.schemas import LinkEditBody, NewLink
from tests.support.templates import panel, template


def two_slots() -> TemplateSet:
    """Return templates that fill `main` for every device, and `detail` too for one of kind `miner`."""
    detail = {"slot": "detail", "applies_to": {"kind": "miner"}}
    return TemplateSet.of(
        [template(panel(), name="generic.json"), template(panel(), name="miner-detail.json", header=detail)]
    )


_TWO_SLOTS = two_slots()


class Clock:
    """A clock that a test moves."""

    def __init__(self, now_ms: int = 1_800_000_000_000) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms


def device_registry(store: Store, options: RegistryOptions | None = None, **given: object) -> DeviceRegistry:
    return DeviceRegistry(Records(store), lambda: _TWO_SLOTS, options or RegistryOptions(), **given)


class RegistryHook(DeviceHook):
    """The hook with its registry at hand."""

    def __init__(self, devices: DeviceRegistry) -> None:
        super().__init__(devices.upserter)
        self.devices = devices


def device_hook(store: Store, options: RegistryOptions | None = None, **given: object) -> RegistryHook:
    return RegistryHook(device_registry(store, options, **given))


def link_registry(store: Store, options: RegistryOptions | None = None, **given: object) -> LinkRegistry:
    return LinkRegistry(Records(store), options or RegistryOptions(), **given)


def new_link(raw: object) -> LinkOptions:
    """Read the body of `POST /api/links`."""
    return NewLink.model_validate(raw).options()


def link_edit(raw: object) -> LinkEdit:
    """Read the body of `PATCH /api/links/{token}`."""
    return LinkEditBody.model_validate(raw).edit()
