"""A roll-out's plan: which devices a new set of templates would change, and how. Decides nothing, touches nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypedDict

import orjson

from backend_server.devices.device import Device
from backend_server.documents.document import Document
from backend_server.documents.panels import all_panels, panel_name, panel_signature

from .choose import TemplateSet
from .expressions import FillError


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """How one document would change. Panels are named by title; `error` says why the new one cannot be made.

    `before` and `after` are the templates' names, None where there is no document. `other`: the bytes differ in
    something that no panel's signature holds, such as layout, colours or the refresh.
    """

    device_id: str
    slot: str
    before: str | None
    after: str | None
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    other: bool = False
    error: str | None = None

    def as_json(self) -> dict[str, object]:
        """Return the change as the API and `template plan` show it."""
        return {name: getattr(self, name) for name in self.__slots__}


class _Difference(TypedDict):
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    other: bool


def plan_rollout(existing: TemplateSet, wanted: TemplateSet, devices: Iterable[Device]) -> Iterator[DocumentChange]:
    """Return the documents that would change, device by device; a device with nothing to change is not named."""
    same = {template.name: template.hash for template in existing.templates}
    for device in devices:
        before, after = existing.for_device(device), wanted.for_device(device)
        for slot in sorted(before.keys() | after.keys()):
            old, new = before.get(slot), after.get(slot)
            if old and new and old.name == new.name and same.get(new.name) == new.hash:
                continue
            error = None
            filled_new = None
            try:
                filled_new = new.fill(device) if new else None
            except FillError as fault:
                error = fault.message
            try:
                filled_old = old.fill(device) if old else None
            except FillError:
                filled_old = None  # it cannot be filled today either, so everything in the new one is added
            if error is None and filled_old and filled_new and filled_old.body == filled_new.body:
                continue
            names = (old.name if old else None, new.name if new else None)
            if error:
                yield DocumentChange(device.id, slot, *names, error=error)
            else:
                yield DocumentChange(device.id, slot, *names, **_difference(filled_old, filled_new))


def _difference(old: Document | None, new: Document | None) -> _Difference:
    old_panels, new_panels = _panels(old), _panels(new)
    gone = [name for signature, name in old_panels.items() if signature not in new_panels]
    come = [name for signature, name in new_panels.items() if signature not in old_panels]
    return {
        "added": tuple(name for name in come if name not in gone),
        "removed": tuple(name for name in gone if name not in come),
        "changed": tuple(name for name in come if name in gone),
        "other": not gone and not come,
    }


def _panels(document: Document | None) -> dict[str, str]:
    if document is None:
        return {}
    return {panel_signature(panel): panel_name(panel) for panel in all_panels(orjson.loads(document.body))}
