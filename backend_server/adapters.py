"""Small shapes that make one room's effect fit another room's port; `wiring/services.py` puts them in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from backend_server.devices.device import Device
from backend_server.registry.ports import WantedSlot
from backend_server.templates import TemplateSet

CurrentTemplates = Callable[[], TemplateSet]


class TemplateSlots:
    """Says which documents a device gets; fits `registry.ports.SlotsOf`."""

    def __init__(self, templates: CurrentTemplates) -> None:
        self._templates = templates

    def slots(self, device: Device) -> Sequence[WantedSlot]:
        """Return each slot that some template fills for this device."""
        return [
            WantedSlot(slot, template.name, template.refresh, template.share)
            for slot, template in self._templates().for_device(device).items()
        ]
