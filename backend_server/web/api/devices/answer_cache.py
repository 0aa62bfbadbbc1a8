"""What the hook remembers of devices, so that an unchanged PUT costs a comparison.

It is filled device by device as they are asked for: a start reads nothing in advance.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend_server.primitives.canonical_json import read_json

# About 2 KB each; beyond, the longest-known are forgotten and read again when they are asked for.
_MOST_DEVICES = 250_000
_MOST_BATCHES = 4  # one of 10,000 devices and its answer take about 11 MB
_MOST_BATCH_BYTES = 4_000_000


class CachedAnswer:
    """One device's last accepted request, and its answer as a batch holds it, ready for one base address."""

    __slots__ = ("_cuts", "_head", "_id", "answer", "base", "body", "raw", "share_type")

    def __init__(self, device_id: str, parts: tuple[bytes, ...], base: bytes) -> None:
        """Take the answer cut where the base address (as JSON writes it) belongs, and the address most likely asked."""
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
        """Return the answer for a base address; the last one asked for lies ready."""
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


class AnswerCache:
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


class BatchCache:
    """Batches that came word for word before, with their answers, as long as nothing at all was written since.

    A fleet at rest is polled by the same bytes again and again: then not even the JSON is read.
    """

    def __init__(self) -> None:
        self._kept: deque[CachedBatch] = deque(maxlen=_MOST_BATCHES)

    def find(self, body: bytes, base: bytes, number: int) -> CachedBatch | None:
        """Find a batch that is answered as it was, at the present change number."""
        for batch in self._kept.copy():
            if batch.number == number and batch.base == base and batch.body == body:
                return batch
        return None

    def keep(self, batch: CachedBatch) -> None:
        """Keep a batch that was answered from memory alone."""
        if len(batch.body) <= _MOST_BATCH_BYTES:
            self._kept.append(batch)


@dataclass(frozen=True, slots=True)
class CachedBatch:
    """A batch's bytes with the answer to them for a base address, right as of a change number."""

    body: bytes
    base: bytes
    number: int
    ids: Sequence[str]
    answer: bytes
