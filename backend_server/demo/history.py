"""The hour before the start: the same numbers, put into Prometheus' store, so that the charts are full at once."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from backend_server.poller.exposition import format_value
from backend_server.poller.kinds import DeviceKind
from backend_server.poller.readings import readings_of, texts_of

from .simulator import info_at

_STEP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Past:
    """How far a history goes back from `now`, and when the simulation started; both in epoch seconds."""

    now: float
    seconds: float
    started: float


def write_history(store: Path, kind: DeviceKind, miners: Iterable[tuple[str, int, str, str]], past: Past) -> bool:
    """Fill an empty Prometheus store; False when it is filled already or promtool is missing.

    Args:
        miners: device id, number, hostname and site of each.
    """
    promtool = shutil.which("promtool")
    if promtool is None or (store.exists() and any(store.iterdir())):
        return False
    store.mkdir(parents=True, exist_ok=True)
    begin = past.now - past.seconds
    times = [begin + step * _STEP_SECONDS for step in range(int(past.seconds / _STEP_SECONDS))]
    lines: dict[str, list[str]] = {}
    for device_id, number, hostname, site in miners:
        # As Prometheus labels what the poller says: with equal labels old and new samples are one series.
        ours = f'instance="{device_id}",job="dashwright-poller",device="{device_id}"'
        for at in times:
            info = info_at(at, number, hostname, past.started)
            values = {**readings_of(kind, info), "device_up": 1.0, "device_reading_age_seconds": 0.5}
            for name, value in values.items():
                lines.setdefault(name, []).append(f"{name}{{{ours}}} {format_value(value)} {at:.3f}")
            texts = {"hostname": hostname, "kind": kind.name, "site": site, **texts_of(kind, info)}
            labels = ",".join(f'{name}="{text}"' for name, text in texts.items())
            lines.setdefault("device_info", []).append(f"device_info{{{ours},{labels}}} 1 {at:.3f}")
    types = {reading.name: reading.type for reading in kind.readings}
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as out:
        for name, samples in lines.items():
            family = name.removesuffix("_total") if types.get(name) == "counter" else name
            out.write(f"# TYPE {family} {types.get(name, 'gauge')}\n" + "\n".join(samples) + "\n")
        out.write("# EOF\n")
        out.flush()
        ended = subprocess.run(
            [promtool, "tsdb", "create-blocks-from", "openmetrics", out.name, str(store)],
            capture_output=True,
            check=False,
        )
    return ended.returncode == 0
