"""A batch's items, told apart: what is known word for word, what is to be registered, and what is wrong. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from backend_server.devices.fields import parse_fields
from backend_server.errors import DashwrightError, InputError, InvalidInput, Problem
from backend_server.primitives.ids import DeviceId, parse_device_id

from .answer_cache import CachedAnswer

MOST_DEVICES = 10_000


@dataclass(slots=True)
class Compared:
    """A batch beside what is remembered: answers in their places, empty for the items that are unanswered."""

    results: list[bytes]
    seen: list[str]
    unanswered: dict[int, object]


@dataclass(slots=True)
class Requests:
    """What items of a batch ask for, by device; `raw` is missing where no single form says it all."""

    given: dict[DeviceId, Mapping[str, object]] = field(default_factory=dict)
    raw: dict[DeviceId, Mapping[str, Any]] = field(default_factory=dict)
    places: dict[DeviceId, list[int]] = field(default_factory=dict)
    refused: dict[int, DashwrightError] = field(default_factory=dict)


def check_size(items: Sequence[object]) -> None:
    """Raise InvalidInput when there are more than one batch takes."""
    if len(items) > MOST_DEVICES:
        raise InvalidInput(
            [Problem("", f"holds {len(items)} devices; at most {MOST_DEVICES} at once, so send it in parts")],
            what="The batch",
        )


def compare(items: Sequence[object], remembered: Mapping[str, CachedAnswer], base: bytes) -> Compared:
    """Answer from memory what came before; `base` is the public address as it stands inside a JSON text."""
    results: list[bytes] = []
    seen: list[str] = []
    open_places: dict[object, list[int]] = {}
    for place, item in enumerate(items):
        device_id = item.get("id") if type(item) is dict else None
        known = remembered.get(device_id) if type(device_id) is str else None
        # An id that is open already is taken in turn: an earlier place may have changed it.
        if known is not None and device_id not in open_places:
            fields = cast("dict[str, Any]", item)
            if (fields == known.raw and type(fields.get("share")) is known.share_type) or _in_other_form(known, fields):
                results.append(known.answer if known.base == base else known.for_base(base))
                seen.append(cast("str", device_id))
                continue
        open_places.setdefault(device_id if type(device_id) is str else None, []).append(place)
        results.append(b"")
    places = sorted(place for group in open_places.values() for place in group)
    return Compared(results, seen, {place: items[place] for place in places})


def read_items(items: Mapping[int, object]) -> Requests:
    """Check items of a batch; the same id again is as if put one after the other."""
    requests = Requests()
    for place, item in items.items():
        try:
            device_id, given = _checked(item)
        except InputError as fault:
            requests.refused[place] = fault
            continue
        if device_id in requests.given:
            requests.given[device_id] = {**requests.given[device_id], **given}
            requests.raw.pop(device_id, None)
        else:
            requests.given[device_id] = given
            requests.raw[device_id] = cast("Mapping[str, Any]", item)
        requests.places.setdefault(device_id, []).append(place)
    return requests


def _in_other_form(known: CachedAnswer, item: dict[str, Any]) -> bool:
    if known.raw is not None or not known.equals(item):
        return False
    known.remember(item, None)
    return True


def _checked(item: object) -> tuple[DeviceId, dict[str, object]]:
    if not isinstance(item, Mapping):
        raise InvalidInput([Problem("", "must be an object with an id")], what="The device")
    if "id" not in item:
        raise InvalidInput([Problem("id", "is missing; each device of a batch names its id")], what="The device")
    device_id = parse_device_id(item["id"])
    return device_id, parse_fields(item, device_id=device_id)
