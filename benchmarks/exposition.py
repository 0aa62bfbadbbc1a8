"""The poller's metrics page with 100,000 series of which 1 % changed: ours and prometheus_client in turn.

python -m benchmarks.exposition
"""

from __future__ import annotations

import statistics
import sys
import time

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from backend_server.poller.exposition import Exposition
from benchmarks.report import Row, print_rows

DEVICES, METRICS, ROUNDS = 10_000, 10, 5
PATH = "exposition of 100,000 series, 1 % changed"


def main() -> int:
    """Print the table; 1 when an aim was missed."""
    names = [f"device_reading_{number}" for number in range(METRICS)]
    devices = [f"rig-{number}" for number in range(DEVICES)]
    page = Exposition()
    families = [page.family(name, "gauge", "A reading.") for name in names]
    registry = CollectorRegistry()
    gauges = [Gauge(name, "A reading.", ["device"], registry=registry) for name in names]
    for number, device in enumerate(devices):
        for family, gauge in zip(families, gauges, strict=True):
            family.set(device, number + 0.5)
            gauge.labels(device).set(number + 0.5)
    if sorted(page.render().splitlines()) != sorted(generate_latest(registry).splitlines()):
        raise AssertionError("the two pages differ")
    changed = devices[::100]
    ours, peer = [], []
    for turn in range(ROUNDS):
        began = time.perf_counter()
        for device in changed:
            for family in families:
                family.set(device, turn)
        page.render()
        ours.append(time.perf_counter() - began)
        began = time.perf_counter()
        for device in changed:
            for gauge in gauges:
                gauge.labels(device).set(turn)
        generate_latest(registry)
        peer.append(time.perf_counter() - began)
    mine, theirs = statistics.median(ours), statistics.median(peer)
    rows = [
        Row(PATH, "ours", "", f"{mine * 1e3:.1f} ms", None),
        Row(PATH, "prometheus_client", "", f"{theirs * 1e3:.1f} ms", None),
        Row(PATH, "faster than prometheus_client", "≥ 60 ×", f"{theirs / mine:.0f} ×", theirs / mine >= 60),
    ]
    print_rows(rows)
    return int(any(row.met is False for row in rows))


if __name__ == "__main__":
    sys.exit(main())
