"""Device kinds: how a device is asked and what its answer means, read from YAML with all problems reported at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from backend_server.errors import ConfigError, DashwrightError, shown
from backend_server.primitives.durations import parse_duration

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)+")
_TYPES = ("gauge", "counter")
_KEYS = frozenset({"kind", "path", "interval", "timeout", "scrape", "info", "metrics", "max_bytes"})
_METRIC_KEYS = frozenset({"from", "name", "type", "unit", "help", "scale"})
# Made by the poller itself for every device.
_OURS = frozenset({"device_up", "device_poll_duration_seconds", "device_reading_age_seconds", "device_info"})


@dataclass(frozen=True, slots=True)
class Reading:
    """One number of a device's answer: `pointer` (RFC 6901, in parts), the metric it becomes, its factor `scale`."""

    pointer: tuple[str, ...]
    name: str
    type: str
    unit: str
    help: str
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class DeviceKind:
    """How devices of one kind are asked. `scrape` ones have metrics of their own and are not polled."""

    name: str
    path: str
    interval_seconds: float
    timeout_seconds: float
    scrape: bool = False
    max_bytes: int = 65_536
    readings: tuple[Reading, ...] = ()
    info: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def load_kinds(folder: Path, *, default_interval_seconds: float = 5.0) -> dict[str, DeviceKind]:
    """Read every `*.yaml` of the folder; raises ConfigError naming each problem with file and place."""
    if not folder.is_dir():
        raise ConfigError(f"The device kinds' folder {folder} does not exist; set DEVICE_KINDS_DIR or leave it unset.")
    problems: list[str] = []
    kinds: dict[str, DeviceKind] = {}
    metrics: dict[str, tuple[str, Reading]] = {}
    for file in sorted(folder.glob("*.yaml")):
        kind = read_kind(file.name, file.read_bytes(), problems, default_interval_seconds=default_interval_seconds)
        if kind is None:
            continue
        if kind.name in kinds:
            problems.append(f"{file.name}: kind {kind.name!r} is defined in another file too")
        for reading in kind.readings:
            other_file, other = metrics.setdefault(reading.name, (file.name, reading))
            if (other.type, other.help) != (reading.type, reading.help):
                problems.append(f"{file.name}: metric {reading.name} has another type or help in {other_file}")
        kinds[kind.name] = kind
    if problems:
        raise ConfigError("The device kinds cannot be used:\n  " + "\n  ".join(problems))
    return kinds


def read_kind(
    file: str, source: bytes, problems: list[str], *, default_interval_seconds: float = 5.0
) -> DeviceKind | None:
    """Read one kind; what is wrong is added to `problems`, and then the answer is None."""
    try:
        raw = yaml.load(source, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # both are safe
    except (yaml.YAMLError, ValueError, OverflowError, LookupError, AttributeError, TypeError, RecursionError) as fault:
        # PyYAML lets through what Python says to e.g. a date that no calendar has.
        problems.append(f"{file}: is not YAML: {' '.join(str(fault).split())[:400]}")
        return None
    if not isinstance(raw, dict):
        problems.append(f"{file}: must be a mapping with `kind`, `path` and `metrics`")
        return None
    return _KindReader(file, raw, problems).read(default_interval_seconds)


class _KindReader:
    """Checks one file's fields; every complaint names file and place."""

    def __init__(self, file: str, raw: Mapping[Any, Any], problems: list[str]) -> None:
        self._file, self._raw, self._problems = file, raw, problems
        self._before = len(problems)

    def read(self, default_interval_seconds: float) -> DeviceKind | None:
        self._unknown("", self._raw, _KEYS)
        name = self._raw.get("kind")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            self._say("kind", f"is {shown(name)}; it must be 1 to 32 of a-z, 0-9, '_', '-', beginning with a letter")
        path = self._raw.get("path", "/")
        if not isinstance(path, str) or not re.fullmatch(r"/[!-~]*", path):
            self._say("path", f"is {shown(path)}; it must begin with '/' and hold no blanks")
        scrape = self._raw.get("scrape", False)
        if not isinstance(scrape, bool):
            self._say("scrape", f"is {shown(scrape)}; it must be true or false")
        interval = self._seconds("interval", default_interval_seconds)
        timeout = self._seconds("timeout", min(3.0, interval))
        if interval < 0.2:
            self._say("interval", "must be at least 200ms")
        if not 0 < timeout <= interval:
            self._say("timeout", "must be above 0 and at most the interval, so that two questions never overlap")
        max_bytes = self._raw.get("max_bytes", 65_536)
        if not isinstance(max_bytes, int) or not 1024 <= max_bytes <= 16 * 1024 * 1024:
            self._say("max_bytes", f"is {shown(max_bytes)}; it must be from 1024 to 16777216")
        info = self._info()
        readings = self._readings()
        if len(self._problems) > self._before:
            return None
        assert isinstance(name, str)
        return DeviceKind(name, path, interval, timeout, scrape, max_bytes, readings, info)

    def _say(self, place: str, message: str) -> None:
        self._problems.append(f"{self._file}: {place} {message}" if place else f"{self._file}: {message}")

    def _unknown(self, place: str, given: Mapping[Any, Any], known: frozenset[str]) -> None:
        for key in given:
            if key not in known:
                self._say(f"{place}{key}", f"is not a field; known are {', '.join(sorted(known))}")

    def _seconds(self, key: str, default: float) -> float:
        given = self._raw.get(key)
        if given is None:
            return default
        try:
            return float(given) if isinstance(given, int | float) else parse_duration(str(given), path=key)
        except (DashwrightError, OverflowError):
            self._say(key, f"is {shown(given)}; it must be a duration such as 5s or 500ms")
            return default

    def _pointer(self, place: str, given: object) -> tuple[str, ...]:
        if not isinstance(given, str) or not _POINTER.fullmatch(given):
            self._say(place, f"is {shown(given)}; it must be a JSON pointer such as /power or /fans/0/rpm")
            return ()
        return tuple(part.replace("~1", "/").replace("~0", "~") for part in given[1:].split("/"))

    def _info(self) -> dict[str, tuple[str, ...]]:
        given = self._raw.get("info") or {}
        if not isinstance(given, dict):
            self._say("info", "must be a mapping from label to JSON pointer")
            return {}
        found = {}
        for label, pointer in given.items():
            if not isinstance(label, str) or not _LABEL.fullmatch(label) or label in ("device", "hostname", "kind"):
                self._say(f"info.{label}", "cannot be a label's name here")
            found[str(label)] = self._pointer(f"info.{label}", pointer)
        return found

    def _readings(self) -> tuple[Reading, ...]:
        given = self._raw.get("metrics") or []
        if not isinstance(given, list):
            self._say("metrics", "must be a list")
            return ()
        found: list[Reading] = []
        for number, item in enumerate(given):
            place = f"metrics[{number}]"
            if not isinstance(item, dict):
                self._say(place, "must be a mapping with `from` and `name`")
                continue
            self._unknown(f"{place}.", item, _METRIC_KEYS)
            name = item.get("name")
            if not isinstance(name, str) or not _METRIC.fullmatch(name) or name in _OURS:
                self._say(
                    f"{place}.name", f"is {shown(name)}; it must be a metric's name, and none that the poller makes"
                )
                continue
            if name in {reading.name for reading in found}:
                self._say(f"{place}.name", f"{name} stands twice")
            kind = item.get("type", "gauge")
            if kind not in _TYPES:
                self._say(f"{place}.type", f"is {shown(kind)}; it must be gauge or counter")
            if kind == "counter" and not name.endswith("_total"):
                self._say(f"{place}.name", f"is {name}; a counter's name ends in _total")
            found.append(
                Reading(
                    self._pointer(f"{place}.from", item.get("from")),
                    name,
                    kind,
                    str(item.get("unit", "")),
                    str(item.get("help", "")),
                    self._scale(place, item.get("scale", 1)),
                )
            )
        return tuple(found)

    def _scale(self, place: str, given: object) -> float:
        try:
            # YAML 1.1 reads 1e9 as text, since it has no dot.
            scale = float(given) if isinstance(given, int | float | str) and not isinstance(given, bool) else 0.0
        except (ValueError, OverflowError):
            scale = 0.0
        if not 0 < abs(scale) < 1e30:
            self._say(f"{place}.scale", f"is {shown(given)}; it must be a number other than 0")
        return scale
