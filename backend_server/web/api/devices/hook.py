"""The hook, from a body's bytes to an answer's: the one place where the API reads bytes itself.

Everywhere else a noun's schemas read the body. Here they only document it, because a polling loop sends the same bytes
again and again: comparing them with those that were accepted last, and answering with bytes that lie ready, costs a few
microseconds, and building a model of the body many times as much (`benchmarks/batch_hook.py`). What is new is checked
by the same rules (`devices.fields`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import orjson

from backend_server.devices.fields import parse_fields
from backend_server.errors import DashwrightError, InvalidInput, Problem, http_status
from backend_server.primitives.canonical_json import read_json
from backend_server.primitives.ids import parse_device_id
from backend_server.registry import AcceptedDevice, DeviceUpserter

from ...errors import error_shape
from ...requests import parse_body
from .batch import BatchCache, CachedBatch, Compared, check_size, read_items
from .present import answer_parts, base_in_json

HOOK = "dashwright.device_hook"  # its place among the application's extensions
# About 2 KB each; beyond, the longest-known are forgotten and read again when they are asked for.
_MOST_DEVICES = 250_000


class CachedAnswer:
    """One device's last accepted request, and its answer as a batch holds it, ready for one base address."""

    __slots__ = ("_cuts", "_head", "_id", "answer", "base", "body", "raw", "share_type")

    def __init__(self, device_id: str, parts: tuple[bytes, ...], base: bytes) -> None:
        """Store the answer, cut where the base address (in JSON) belongs, and the address most likely asked."""
        self.base = base
        self.answer = base.join(parts)
        self._cuts = tuple(len(part) for part in parts)
        self.body: bytes | None = None
        self.raw: Mapping[str, Any] | None = None
        # In Python `1 == True`: the type of the one field that takes a truth value is compared besides.
        self.share_type: type = type(None)
        self._id = device_id
        self._head = len(device_id) + len('{"id":"","status":200,')

    def remember(self, raw: Mapping[str, Any] | None, body: bytes | None) -> None:
        """Remember the forms of a request that changes nothing any more; a form that is None stays as it is."""
        if body is not None:
            self.body = body
        if raw is not None:
            self.raw = raw
            self.share_type = type(raw.get("share"))

    def equals(self, raw: Mapping[str, Any]) -> bool:
        """Whether a request that came in the other form (single call or batch) says the same."""
        remembered = self.raw
        if remembered is None and self.body is not None:
            found = read_json(self.body) if self.body.strip() else {}
            remembered = found if isinstance(found, Mapping) else None
        return (
            remembered is not None
            and {**remembered, "id": self._id} == {**raw, "id": raw.get("id", self._id)}
            and type(remembered.get("share")) is type(raw.get("share"))
        )

    def for_base(self, base: bytes) -> bytes:
        """Return the answer for a base address; the last one asked for is cached."""
        if base != self.base:
            parts, at = [], 0
            for length in self._cuts:
                parts.append(self.answer[at : at + length])
                at += length + len(self.base)
            return base.join(parts)
        return self.answer

    def single(self, base: bytes) -> bytes:
        """Return the answer to a PUT: a batch's entry without its first two keys."""
        return b"{" + (self.answer if base == self.base else self.for_base(base))[self._head :]


class DeviceAnswers:
    """Answers by device id; the registry's guard says what to forget, and its lock is held by whoever changes this."""

    def __init__(self) -> None:
        self.by_id: dict[str, CachedAnswer] = {}

    def forget(self, changed: Sequence[tuple[str, str]]) -> None:
        """Forget what was written, given as `(maker, object id)`."""
        for _, object_id in changed:
            self.by_id.pop(object_id, None)

    def forget_all(self) -> None:
        """Forget everything."""
        self.by_id = {}

    def keep(self, device_id: str, answer: CachedAnswer) -> None:
        """Remember a device's answer."""
        if len(self.by_id) >= _MOST_DEVICES and device_id not in self.by_id:
            for oldest in list(self.by_id)[: _MOST_DEVICES // 10]:
                self.by_id.pop(oldest, None)
        self.by_id[device_id] = answer

    def compare(self, items: Sequence[object], base: bytes) -> Compared:
        """Answer from memory what came before; `base` is the public address as it stands inside a JSON text."""
        remembered = self.by_id
        results: list[bytes] = []
        seen: list[str] = []
        open_places: dict[object, list[int]] = {}
        for place, item in enumerate(items):
            device_id = item.get("id") if type(item) is dict else None
            known = remembered.get(device_id) if type(device_id) is str else None
            # An id that is open already is taken in turn: an earlier place may have changed it.
            if known is not None and device_id not in open_places:
                fields = cast("dict[str, Any]", item)
                is_same = fields == known.raw and type(fields.get("share")) is known.share_type
                if is_same or _in_other_form(known, fields):
                    results.append(known.answer if known.base == base else known.for_base(base))
                    seen.append(cast("str", device_id))
                    continue
            open_places.setdefault(device_id if type(device_id) is str else None, []).append(place)
            results.append(b"")
        places = sorted(place for group in open_places.values() for place in group)
        return Compared(results, seen, {place: items[place] for place in places})


class DeviceHook:
    """Answers single calls and batches from memory, or by way of the registry. Safe for many threads."""

    def __init__(self, devices: DeviceUpserter) -> None:
        self._devices = devices
        self._answers = DeviceAnswers()
        self._batches = BatchCache()
        self._guard = devices.guard
        self._guard.watch(self._answers)

    def put(self, device_id: str, body: bytes, by: str, base: str, *, client: str | None = None) -> tuple[int, bytes]:
        """Register or update a device: `(201 or 200, JSON)`; raises InvalidInput naming each wrong field.

        Unchanged is nearly free: the body's bytes, or else its raw values, are compared with the last accepted ones
        before any check, and the answer is joined from bytes that lie ready. No row, no file, no call.
        """
        self._guard.check()
        known, address = self._answers.by_id.get(device_id), base_in_json(base)
        if known is not None and known.body == body:
            self._devices.was_seen((device_id,), client)
            return 200, known.single(address)
        checked = parse_device_id(device_id)
        raw: Any = parse_body(body) if body.strip() else {}
        if known is not None and isinstance(raw, Mapping) and known.equals(raw):
            known.remember(None, body)
            self._devices.was_seen((device_id,), client)
            return 200, known.single(address)
        outcome = self._devices.upsert(checked, parse_fields(raw, device_id=checked), by, client=client)
        answer = self._remember(outcome, address, raw=None, body=body).single(address)
        return (201 if outcome.created else 200), answer

    def batch(self, body: bytes, by: str, base: str, *, client: str | None = None, request_id: str = "") -> bytes:
        """Answer up to 10,000 devices in their order; a bad one never affects the others.

        The same body again, while nothing at all was written, is not even read. Raises InvalidInput when it is no
        array or too long.
        """
        self._guard.check()
        number, address = self._guard.number, base_in_json(base)
        batch = self._batches.find(body, address, number)
        if batch is not None:
            self._devices.was_seen(batch.ids, client)
            return batch.answer
        items = parse_body(body)
        if not isinstance(items, list):
            raise InvalidInput([Problem("", "must be an array of devices, each with its id")], what="The batch")
        answer, seen = self._answer(items, by, address, client=client, request_id=request_id)
        if len(seen) == len(items):
            self._batches.keep(CachedBatch(body, address, number, seen, answer))
        return answer

    def items(
        self, items: Sequence[object], by: str, base: str, *, client: str | None = None, request_id: str = ""
    ) -> bytes:
        """Answer a batch that was read already, device by device."""
        self._guard.check()
        return self._answer(items, by, base_in_json(base), client=client, request_id=request_id)[0]

    def _answer(
        self, items: Sequence[object], by: str, base: bytes, *, client: str | None, request_id: str
    ) -> tuple[bytes, Sequence[str]]:
        """Return `{"results": […]}` and the ids that memory answered."""
        check_size(items)
        compared = self._answers.compare(items, base)
        results = compared.results
        self._devices.was_seen(compared.seen, client)
        if compared.unanswered:
            requests = read_items(compared.unanswered)
            for place, fault in requests.refused.items():
                results[place] = _error(items[place], fault, request_id)
            for device_id, outcome in self._devices.upsert_many(requests.given, by, client=client).items():
                places = requests.places[device_id]
                if isinstance(outcome, DashwrightError):
                    for place in places:
                        results[place] = _error(items[place], outcome, request_id)
                    continue
                answer = self._remember(outcome, base, raw=requests.raw.get(device_id), body=None).for_base(base)
                for number, place in enumerate(places):
                    results[place] = _created(answer) if outcome.created and number == 0 else answer
        return b'{"results":[' + b",".join(results) + b"]}", compared.seen

    def _remember(
        self, accepted: AcceptedDevice, base: bytes, *, raw: Mapping[str, Any] | None, body: bytes | None
    ) -> CachedAnswer:
        """Build the answer of an accepted request, and cache it if nothing newer is known."""
        view, device_id = accepted.view, accepted.view.device.id
        answer = CachedAnswer(device_id, answer_parts(view, accepted.now_ms), base)
        answer.remember(raw, body)
        with self._guard.lock:
            if view.moves_by_itself(accepted.now_ms):
                # Its link has a set begin or end: another answer comes by itself.
                self._answers.by_id.pop(device_id, None)
            elif self._guard.may_keep(accepted.change):
                self._answers.keep(device_id, answer)
        return answer


def _in_other_form(known: CachedAnswer, item: dict[str, Any]) -> bool:
    if known.raw is not None or not known.equals(item):
        return False
    known.remember(item, None)
    return True


def _created(answer: bytes) -> bytes:
    return answer.replace(b'"status":200,', b'"status":201,', 1)


def _error(item: object, fault: DashwrightError, request_id: str) -> bytes:
    given = item.get("id") if isinstance(item, Mapping) else None
    shown = given[:64] if isinstance(given, str) else None
    return orjson.dumps(
        {
            "id": shown,
            "status": http_status(fault),
            "error": error_shape(fault.code, fault.message, fault.details, request_id),
        }
    )
