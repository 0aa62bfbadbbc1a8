"""Laying the operator's words over the caller's, and both over the defaults."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

from backend_server.errors import InvalidInput, Problem

from .device import MAX_LABELS, Device
from .record import DeviceRecord

DEFAULT_KIND = "generic"


def apply_fields(before: Mapping[str, object], given: Mapping[str, object]) -> dict[str, object]:
    """Lay given fields over those said before: an absent one stays as it was, None forgets it. Applied twice = once."""
    after = {**before, **given}
    return {name: value for name, value in after.items() if value is not None}


def merge_device(record: DeviceRecord, *, share_default: str) -> Device:
    """Return the device as it counts: defaults, then what was sent, then what an operator set; labels name by name."""
    said = {**record.sent, **record.set_by_operator}
    labels = {
        **cast("Mapping[str, str]", record.sent.get("labels", {})),
        **cast("Mapping[str, str]", record.set_by_operator.get("labels", {})),
    }
    return Device(
        id=record.id,
        hostname=str(said.get("hostname", record.id)),
        kind=str(said.get("kind", DEFAULT_KIND)),
        labels=labels,
        address=cast("str | None", said.get("address")),
        share=str(said.get("share", share_default)),
        retired_at=None if record.retired_at is None else datetime.fromtimestamp(record.retired_at / 1000, UTC),
    )


def check_merged(device: Device) -> None:
    """Refuse what only both together exceed (InvalidInput): the caller's and the operator's labels are one set."""
    if len(device.labels) > MAX_LABELS:
        raise InvalidInput(
            [
                Problem(
                    "labels",
                    f"are {len(device.labels)} together with those an operator set; at most {MAX_LABELS}",
                )
            ],
            what="The device",
        )
