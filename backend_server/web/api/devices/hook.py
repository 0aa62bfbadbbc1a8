"""The hook, from a body's bytes to an answer's: the one place where the API reads bytes itself.

Everywhere else a noun's schemas read the body. Here they only document it, because a polling loop sends the same bytes
again and again: comparing them with those that were accepted last, and answering with bytes that lie ready, costs a few
microseconds, and building a model of the body many times as much (`benchmarks/batch_hook.py`). What is new is checked
by the same rules (`devices.fields`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from backend_server.devices.fields import parse_fields
from backend_server.errors import DashwrightError, InvalidInput, Problem, status_of
from backend_server.primitives.ids import parse_device_id
from backend_server.registry import Accepted, DeviceUpserter

from ...bodies import parse_body
from ...errors import error_shape
from .answer_cache import AnswerCache, BatchCache, CachedAnswer, CachedBatch
from .batch import check_size, compare, read_items
from .present import answer_parts, base_in_json

HOOK = "dashwright.device_hook"  # its place among the application's extensions


class DeviceHook:
    """Answers single calls and batches from memory, or by way of the registry. Safe for many threads."""

    def __init__(self, devices: DeviceUpserter) -> None:
        self._devices = devices
        self._answers = AnswerCache()
        self._batches = BatchCache()
        self._guard = devices.guard
        self._guard.watch(self._answers)

    def put(self, device_id: str, body: bytes, by: str, base: str, *, client: str | None = None) -> tuple[int, bytes]:
        """Register a device or note what changed: `(201 or 200, JSON)`; raises InvalidInput naming each wrong field.

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
        """Answer up to 10,000 devices in their order; a bad one never spoils the others.

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
        compared = compare(items, self._answers.by_id, base)
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
        self, accepted: Accepted, base: bytes, *, raw: Mapping[str, Any] | None, body: bytes | None
    ) -> CachedAnswer:
        """Make the answer of an accepted request, and keep it if nothing newer is known."""
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


def _created(answer: bytes) -> bytes:
    return answer.replace(b'"status":200,', b'"status":201,', 1)


def _error(item: object, fault: DashwrightError, request_id: str) -> bytes:
    given = item.get("id") if isinstance(item, Mapping) else None
    shown = given[:64] if isinstance(given, str) else None
    return orjson.dumps(
        {
            "id": shown,
            "status": status_of(fault),
            "error": error_shape(fault.code, fault.message, fault.details, request_id),
        }
    )
