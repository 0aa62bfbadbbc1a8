"""The hook for many devices at once: what is unchanged is answered from memory, the rest is settled together."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson

from backend_server.devices.fields import parse_fields
from backend_server.errors import DashwrightError, InputError, InvalidInput, Problem, status_of
from backend_server.primitives.ids import DeviceId, parse_device_id

from .bodies import read_body
from .settling import Accepted, Request, Settler

MOST_DEVICES = 10_000
_MOST_WHOLE = 4  # one of 10,000 devices and its answer take about 11 MB
_MOST_BYTES = 4_000_000


class WholeBatches:
    """Batches that came word for word before, with their answers, as long as nothing at all was written since.

    A fleet at rest is polled by the same bytes again and again: then not even the JSON is read.
    """

    def __init__(self) -> None:
        self._kept: deque[_WholeBatch] = deque(maxlen=_MOST_WHOLE)

    def find(self, body: bytes, base: bytes, number: int) -> _WholeBatch | None:
        """Find a batch that is answered as it was, at the present change number."""
        for whole in self._kept.copy():
            if whole.number == number and whole.base == base and whole.body == body:
                return whole
        return None

    def keep(self, body: bytes, base: bytes, number: int, ids: Sequence[str], *, answer: bytes) -> None:
        """Keep an answer that came from memory alone, as of a change number."""
        if len(body) <= _MOST_BYTES:
            self._kept.append(_WholeBatch(body, base, number, ids, answer))


@dataclass(frozen=True, slots=True)
class _WholeBatch:
    body: bytes
    base: bytes
    number: int
    ids: Sequence[str]
    answer: bytes


def answer_batch_bytes(
    settler: Settler,
    wholes: WholeBatches,
    body: bytes,
    by: str,
    base: bytes,
    *,
    client: str | None,
    request_id: str = "",
) -> bytes:
    """Answer a batch's body, errors with the request's id; raises InvalidInput when it is no array or too long."""
    number = settler.guard.number
    whole = wholes.find(body, base, number)
    if whole is not None:
        settler.was_seen(whole.ids, client)
        return whole.answer
    items = read_body(body)
    if not isinstance(items, list):
        raise InvalidInput([Problem("", "must be an array of devices, each with its id")], what="The batch")
    answer, ids = answer_batch(settler, items, by, base, client=client, request_id=request_id)
    if len(ids) == len(items):
        wholes.keep(body, base, number, ids, answer=answer)
    return answer


def answer_batch(
    settler: Settler, items: Sequence[object], by: str, base: bytes, *, client: str | None, request_id: str = ""
) -> tuple[bytes, Sequence[str]]:
    """Answer `{"results": […]}` in the order of `items`, and name those that memory answered.

    `base` is the public address as it stands inside a JSON text. Raises InvalidInput when there are too many.
    """
    if len(items) > MOST_DEVICES:
        raise InvalidInput(
            [Problem("", f"holds {len(items)} devices; at most {MOST_DEVICES} at once, so send it in parts")],
            what="The batch",
        )
    results: list[bytes] = []
    seen: list[str] = []
    open_places: dict[object, list[int]] = {}
    remembered = settler.memory.known
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
    settler.was_seen(seen, client)
    if open_places:
        places = sorted(place for group in open_places.values() for place in group)
        outcomes = _settled(settler, {place: items[place] for place in places}, by, base=base, client=client)
        for place, outcome in outcomes.items():
            results[place] = outcome if isinstance(outcome, bytes) else _error(items[place], outcome, request_id)
    return b'{"results":[' + b",".join(results) + b"]}", seen


def _in_other_form(known: Any, item: dict[str, Any]) -> bool:
    if known.raw is not None or not known.says_the_same(item):
        return False
    known.remember(item, None)
    return True


def _settled(
    settler: Settler, items: Mapping[int, object], by: str, *, base: bytes, client: str | None
) -> dict[int, bytes | DashwrightError]:
    """Settle what memory could not answer; gives each place's answer, or what was wrong with it."""
    found: dict[int, bytes | DashwrightError] = {}
    requests: dict[DeviceId, Request] = {}
    places: dict[DeviceId, list[int]] = {}
    for place, item in items.items():
        try:
            device_id, given = _checked(item)
        except InputError as fault:
            found[place] = fault
            continue
        before = requests.get(device_id)
        if before is None:
            requests[device_id] = Request(given, raw=cast("Mapping[str, Any]", item))
        else:  # the same id again: as if put one after the other, and no single form says it all
            requests[device_id] = Request({**before.given, **given})
        places.setdefault(device_id, []).append(place)
    for device_id, outcome in settler.settle(requests, by, client, base=base).items():
        for number, place in enumerate(places[device_id]):
            found[place] = (
                outcome if isinstance(outcome, DashwrightError) else _answer(outcome, base, first=number == 0)
            )
    return found


def _answer(accepted: Accepted, base: bytes, *, first: bool) -> bytes:
    answer = accepted.known.for_base(base)
    return answer.replace(b'"status":200,', b'"status":201,', 1) if accepted.created and first else answer


def _checked(item: object) -> tuple[DeviceId, dict[str, object]]:
    if not isinstance(item, Mapping):
        raise InvalidInput([Problem("", "must be an object with an id")], what="The device")
    if "id" not in item:
        raise InvalidInput([Problem("id", "is missing; each device of a batch names its id")], what="The device")
    device_id = parse_device_id(item["id"])
    return device_id, parse_fields(item, device_id=device_id)


def _error(item: object, fault: DashwrightError, request_id: str) -> bytes:
    given = item.get("id") if isinstance(item, Mapping) else None
    error = {"code": fault.code, "message": fault.message, "details": dict(fault.details), "request_id": request_id}
    shown = given[:64] if isinstance(given, str) else None
    return orjson.dumps({"id": shown, "status": status_of(fault), "error": error})
