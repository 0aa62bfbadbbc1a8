"""What the poller serves: the devices' readings, whether they answer, how old the readings are, and its own counts."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable

from backend_server.devices.device import Device

from .connection import Failure
from .exposition import Exposition, escape_label
from .kinds import DeviceKind

_NOT_LABEL = re.compile(r"[^a-zA-Z0-9_]")
_TAKEN = frozenset({"device", "hostname", "kind"})


class PollerMetrics:
    """Records each poll's outcome; `render` returns the page."""

    def __init__(self, kinds: Iterable[DeviceKind], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._page = Exposition()
        self._up = self._page.family("device_up", "gauge", "1 when the device answered its last poll, else 0.")
        self._duration = self._page.family(
            "device_poll_duration_seconds", "gauge", "How long the device took to answer its last poll."
        )
        self._info = self._page.family("device_info", "gauge", "What is known of the device, as labels; always 1.")
        self._readings = {
            reading.name: self._page.family(reading.name, reading.type, _help_of(reading.help, reading.unit))
            for kind in kinds
            for reading in kind.readings
        }
        self._info_labels: dict[str, dict[str, str]] = {}
        self._read_at: dict[str, float] = {}
        self._age_prefixes: dict[str, str] = {}
        self._polls = 0
        self._failures = dict.fromkeys(Failure, 0)
        self.devices = 0

    def describe(self, device: Device, texts: dict[str, str]) -> None:
        """Update `device_info` to the device and what it says of itself now."""
        labels = {"device": device.id, "hostname": device.hostname, "kind": device.kind}
        for name, value in {**texts, **device.labels}.items():
            clean = _NOT_LABEL.sub("_", name)
            labels[f"label_{clean}" if clean in _TAKEN or not clean or clean[0].isdigit() else clean] = value
        if self._info_labels.get(device.id) != labels:
            self._info_labels[device.id] = labels
            self._info.drop(device.id)
            self._info.set(device.id, 1, labels)

    def answered(self, device_id: str, seconds: float, readings: dict[str, float]) -> None:
        """Record a good answer."""
        self._polls += 1
        self._up.set(device_id, 1)
        self._duration.set(device_id, round(seconds, 4))
        for name, value in readings.items():
            self._readings[name].set(device_id, value)
        if device_id not in self._age_prefixes:
            self._age_prefixes[device_id] = f'device_reading_age_seconds{{device="{escape_label(device_id)}"}} '
        self._read_at[device_id] = self._clock()

    def failed(self, device_id: str, reason: Failure) -> None:
        """Record a poll that gave nothing; the last readings stay."""
        self._polls += 1
        self._failures[reason] += 1
        self._up.set(device_id, 0)

    def forget_readings(self, device_id: str) -> None:
        """Drop readings that are too old to be shown as if they were new; `device_up` and the age stay."""
        for family in self._readings.values():
            family.drop(device_id)
        self._duration.drop(device_id)

    def age(self, device_id: str) -> float | None:
        """Return the seconds since the last good answer; None before the first."""
        read_at = self._read_at.get(device_id)
        return None if read_at is None else self._clock() - read_at

    def drop(self, device_id: str) -> None:
        """Drop a device with all its series."""
        self._page.drop(device_id)
        for values in (self._info_labels, self._read_at, self._age_prefixes):
            values.pop(device_id, None)

    def render(self) -> bytes:
        """Return the page of a scrape."""
        return self._page.render() + self._ages().encode() + self._own().encode()

    def _ages(self) -> str:
        if not self._read_at:
            return ""
        now, prefixes = self._clock(), self._age_prefixes
        lines = [f"{prefixes[device_id]}{now - read_at:.1f}\n" for device_id, read_at in self._read_at.items()]
        return (
            "# HELP device_reading_age_seconds Time since the device's last good answer.\n"
            "# TYPE device_reading_age_seconds gauge\n" + "".join(lines)
        )

    def _own(self) -> str:
        failures = "".join(
            f'dashwright_poller_failures_total{{reason="{reason.value}"}} {count}\n'
            for reason, count in self._failures.items()
        )
        return (
            "# HELP dashwright_poller_devices Devices that are polled.\n# TYPE dashwright_poller_devices gauge\n"
            f"dashwright_poller_devices {self.devices}\n"
            "# HELP dashwright_poller_polls_total Polls that ended.\n# TYPE dashwright_poller_polls_total counter\n"
            f"dashwright_poller_polls_total {self._polls}\n"
            "# HELP dashwright_poller_failures_total Polls that gave nothing, by reason.\n"
            f"# TYPE dashwright_poller_failures_total counter\n{failures}"
        )


def _help_of(text: str, unit: str) -> str:
    return f"{text} In {unit}." if unit and text else text or unit
