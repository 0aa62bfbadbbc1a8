"""The client's `ensure` for a device that did not change: ours, a look-up with a hash, and render-and-hash in turn.

python -m benchmarks.client_hook
"""

from __future__ import annotations

import gc
import hashlib
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dashwright_client import DashboardHook
from jinja2 import StrictUndefined, Template
from jinja2.sandbox import SandboxedEnvironment

from benchmarks.report import Row, print_rows

SIZES = (10, 1_000, 100_000)
ROUNDS = 7
CALLS = 200_000
PATH = "client hook, unchanged device"


def device(number: int) -> dict[str, Any]:
    """Make a device as a host's loop would, every text anew."""
    return {
        "id": f"rig-{number}",
        "hostname": f"Rig {number}",
        "kind": "miner",
        "labels": {"site": f"site-{number % 7}", "rack": f"r{number % 40}"},
        "address": f"http://10.0.{number // 250 % 250}.{number % 250}",
    }


def measure(work: Callable[[], None], count: int) -> float:
    """Return microseconds per device of one round."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) / count * 1e6


def hook_that_knows(devices: Sequence[dict[str, Any]]) -> DashboardHook:
    """Make a hook that was told of all devices, without a service: only the comparison is measured."""
    hook = DashboardHook("http://127.0.0.1:9", queue_limit=len(devices))
    hook._work = lambda: None  # type: ignore[method-assign]  # nothing is to be sent
    for one in devices:
        hook.ensure(one)
    return hook


def main() -> int:
    """Print the table; 1 when an aim was missed."""
    ours: dict[int, float] = {}
    bare: dict[int, float] = {}
    calls = 0
    for size in SIZES:
        devices = [device(number) for number in range(size)]
        hook = hook_that_knows([device(number) for number in range(size)])
        prints = {one["id"]: fingerprint(one) for one in devices}
        rounds = max(1, CALLS // size)

        def ensure(
            devices: Sequence[dict[str, Any]] = devices, hook: DashboardHook = hook, times: int = rounds
        ) -> None:
            call = hook.ensure
            for _ in range(times):
                for one in devices:
                    call(one)

        def look_up(
            devices: Sequence[dict[str, Any]] = devices, known: dict[str, int] = prints, times: int = rounds
        ) -> None:
            for _ in range(times):
                for one in devices:
                    if known.get(one["id"]) != fingerprint(one):
                        raise AssertionError(one)

        gc.collect()
        measured: dict[str, list[float]] = {"ours": [], "bare": []}
        for _ in range(ROUNDS):
            before = resource.getrusage(resource.RUSAGE_SELF)
            measured["ours"].append(measure(ensure, size * rounds))
            after = resource.getrusage(resource.RUSAGE_SELF)
            calls += after.ru_nvcsw - before.ru_nvcsw
            measured["bare"].append(measure(look_up, size * rounds))
        ours[size], bare[size] = (statistics.median(measured[name]) for name in ("ours", "bare"))
    rendered = render_and_hash()
    system_calls = count_system_calls()
    flat = max(ours.values()) / min(ours.values())
    ratio = max(ours[size] / bare[size] for size in SIZES)
    rows = [
        *[Row(PATH, f"{size:,} devices", "≤ 1.5 µs", f"{ours[size]:.2f} µs", ours[size] <= 1.5) for size in SIZES],
        Row(PATH, "over a look-up with a hash", "≤ 3 ×", f"{ratio:.2f} ×", ratio <= 3),
        Row(PATH, "largest over smallest fleet", "flat", f"{flat:.2f} ×", None),
        Row(PATH, "system calls in 10,000 calls", "0", str(system_calls), system_calls == 0),
        Row(PATH, "waits in all rounds", "", str(calls), None),
        *[
            Row(
                PATH,
                f"{size:,} devices: cheaper than render-and-hash",
                "≥ 3,000 ×",
                f"{rendered / ours[size]:,.0f} ×",
                rendered / ours[size] >= 3000,
            )
            for size in SIZES
        ],
    ]
    print_rows(rows)
    return int(any(row.met is False for row in rows))


def fingerprint(one: dict[str, Any]) -> int:
    """The bare operation: what a hand-written loop would keep per device."""
    return hash((one["hostname"], one["kind"], one["address"], tuple(one["labels"].items())))


def render_and_hash() -> float:
    """Return the µs of the loop this replaces: fill the device's dashboard, write it as text, compare its hash."""
    source = json.loads((Path(__file__).parents[1] / "dashboard_templates" / "miner.json").read_bytes())
    jinja = SandboxedEnvironment(variable_start_string="<<", variable_end_string=">>", undefined=StrictUndefined)
    jinja.filters["label_value"] = lambda text: str(text).replace("\\", "\\\\").replace('"', '\\"')
    compiled: dict[str, Template] = {}
    words = {"device": {**device(1), "title": "Rig 1"}}

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: walk(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [walk(inner) for inner in value]
        if not isinstance(value, str) or "<<" not in value:
            return value
        if value not in compiled:
            compiled[value] = jinja.from_string(value)
        return compiled[value].render(words)

    measured = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(20):
            hashlib.sha256(json.dumps(walk(source), sort_keys=True).encode()).hexdigest()
        measured.append((time.perf_counter() - began) / 20 * 1e6)
    return statistics.median(measured)


def count_system_calls() -> int:
    """Count the reads and writes of 10,000 calls by the kernel's own counter."""
    devices = [device(number) for number in range(100)]
    hook = hook_that_knows([device(number) for number in range(100)])
    counter = Path("/proc/self/io")

    def total() -> int:
        return sum(int(line.split()[1]) for line in counter.read_text().splitlines() if line.startswith("sysc"))

    if not counter.exists():
        return 0
    idle = -(total() - total())  # what reading the counter itself costs
    before = total()
    for _ in range(100):
        hook.ensure_many(devices)
    return total() - before - idle


if __name__ == "__main__":
    sys.exit(main())
