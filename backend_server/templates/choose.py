"""Choosing the template of a device: per slot the most specific one that matches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from backend_server.devices.device import Device
from backend_server.errors import Problem
from backend_server.primitives.canonical_json import content_hash

from .header import AppliesTo, TemplateScope
from .template import Template


@dataclass(frozen=True, slots=True)
class TemplateSet:
    """All good templates, in the order in which they are tried: more labels, then a kind, then any; then by name.

    `conflicts` names templates that stand in each other's way; the choice between them is still always the same.
    """

    templates: tuple[Template, ...]
    hash: str
    conflicts: tuple[Problem, ...] = ()
    _by_slot: Mapping[str, tuple[Template, ...]] = field(default_factory=dict, repr=False, compare=False)
    _fleet: tuple[Template, ...] = field(default=(), repr=False, compare=False)

    @classmethod
    def of(cls, templates: Iterable[Template]) -> TemplateSet:
        """Order the templates; equal ones in another order yield an equal set and hash."""
        ordered = tuple(
            sorted(
                templates, key=lambda one: (one.slot, -one.applies_to.weight[0], -one.applies_to.weight[1], one.name)
            )
        )
        by_slot: dict[str, list[Template]] = {}
        fleet: dict[str, Template] = {}
        conflicts = []
        for template in ordered:
            if template.scope is TemplateScope.DEVICE:
                rival = next((other for other in by_slot.get(template.slot, []) if _same_claim(other, template)), None)
                if rival:
                    conflicts.append(
                        Problem(template.name, f"applies to the same devices and slot as {rival.name}, which wins")
                    )
                by_slot.setdefault(template.slot, []).append(template)
            elif template.slot in fleet:
                winner = fleet[template.slot].name
                conflicts.append(
                    Problem(template.name, f"is a second fleet template for slot {template.slot!r}; {winner} wins")
                )
            else:
                fleet[template.slot] = template
        return cls(
            templates=ordered,
            hash=content_hash("\0".join(f"{template.name}\0{template.hash}" for template in ordered).encode()),
            conflicts=tuple(conflicts),
            _by_slot={slot: tuple(found) for slot, found in by_slot.items()},
            _fleet=tuple(fleet.values()),
        )

    def for_device(self, device: Device) -> dict[str, Template]:
        """Return the winning template of each slot that has one for this device."""
        chosen = {}
        for slot, candidates in self._by_slot.items():
            winner = next((template for template in candidates if _matches(template.applies_to, device)), None)
            if winner:
                chosen[slot] = winner
        return chosen

    def fleet(self) -> tuple[Template, ...]:
        """Return the templates that make one document for the whole fleet, one per slot."""
        return self._fleet


def _matches(applies_to: AppliesTo, device: Device) -> bool:
    """Whether the device has one of the kinds and all of the labels."""
    if applies_to.kinds and device.kind not in applies_to.kinds:
        return False
    return all(device.labels.get(name) == value for name, value in applies_to.labels.items())


def _same_claim(one: Template, other: Template) -> bool:
    return one.applies_to == other.applies_to
