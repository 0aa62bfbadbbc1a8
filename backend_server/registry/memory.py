"""What the hook remembers of devices, so that an unchanged PUT costs a comparison.

It is filled device by device as they are asked for: a start reads nothing in advance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from backend_server.primitives.canonical_json import read_json

# About 2 KB each; beyond, the longest-known are forgotten and read again when they are asked for.
_MOST_DEVICES = 250_000


class Known:
    """One device's last accepted request and its answer, cut where the base address belongs."""

    __slots__ = ("_id", "body", "parts", "raw", "share_type")

    def __init__(self, device_id: str, parts: tuple[bytes, ...]) -> None:
        self.parts = parts
        self.body: bytes | None = None
        self.raw: Mapping[str, Any] | None = None
        self.share_type: type = type(None)
        self._id = device_id

    def remember(self, raw: Mapping[str, Any] | None, body: bytes | None) -> None:
        """Remember the forms of a request that changes nothing any more; a form that is None stays as it is."""
        if body is not None:
            self.body = body
        if raw is not None:
            self.raw = raw
            self.share_type = type(raw.get("share"))

    def is_item(self, item: Mapping[str, Any]) -> bool:
        """Say whether a batch's item is the one remembered, before any validation.

        In Python `1 == True`, so the type of `share`, the one field that takes a truth value, is compared as well.
        """
        return item == self.raw and type(item.get("share")) is self.share_type

    def says_the_same(self, raw: Mapping[str, Any]) -> bool:
        """Say whether a request that came in the other form (single call or batch) says the same."""
        remembered = self.raw
        if remembered is None and self.body is not None:
            found = read_json(self.body) if self.body.strip() else {}
            remembered = found if isinstance(found, Mapping) else None
        return (
            remembered is not None
            and {**remembered, "id": self._id} == {**raw, "id": raw.get("id", self._id)}
            and type(remembered.get("share")) is type(raw.get("share"))
        )

    def single(self, base: bytes) -> bytes:
        """Give the answer to a PUT: a batch's entry without its first two keys."""
        return b"{" + base.join(self.parts)[len(self._id) + len('{"id":"","status":200,') :]


class Memory:
    """Known devices by id. Guarded by `guard.Guard`, whose lock is held by whoever changes it."""

    def __init__(self) -> None:
        self.known: dict[str, Known] = {}

    def forget(self, changed: Sequence[tuple[str, str]]) -> None:
        """Forget what was written elsewhere, given as `(maker, object id)`."""
        for _, object_id in changed:
            self.known.pop(object_id, None)

    def forget_all(self) -> None:
        """Forget everything."""
        self.known = {}

    def keep(self, device_id: str, known: Known) -> None:
        """Remember a device."""
        if len(self.known) >= _MOST_DEVICES and device_id not in self.known:
            for oldest in list(self.known)[: _MOST_DEVICES // 10]:
                self.known.pop(oldest, None)
        self.known[device_id] = known
