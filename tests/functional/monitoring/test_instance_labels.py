"""No address stands in what Prometheus keeps of devices, with each configuration of ours in a real one."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backend_server.devices.device import Device
from backend_server.monitoring.targets import scrape_targets
from backend_server.poller.kinds import DeviceKind, Reading
from backend_server.poller.metrics import PollerMetrics
from backend_server.primitives.ids import DeviceId
from tests.functional.monitoring import test_hostile_devices as jobs
from tests.support.prometheus import RunningPrometheus, wait_until

KIND = DeviceKind("miner", "/", 5, 3, readings=(Reading(("power",), "power_watts", "gauge", "", ""),))
_ADDRESS = re.compile(r":\d+$|\d+\.\d+\.\d+\.\d+")


def readings() -> bytes:
    metrics = PollerMetrics([KIND])
    metrics.describe(Device(DeviceId("rig-1"), "Rig 1", "miner", address="http://10.0.0.7:8080"), {})
    metrics.answered("rig-1", 0.1, {"power_watts": 17.0})
    return metrics.render()


@pytest.mark.parametrize("job_of", [jobs.shipped_job, jobs.compose_job, jobs.documented_job])
def test_the_instance_of_a_reading_is_its_device(tmp_path: Path, job_of: Callable[[str], dict[str, Any]]) -> None:
    job = job_of("dashwright-poller")
    with jobs.answering(200, readings()) as (place, _):
        (group,) = scrape_targets((), {}, place)
        fixed = job.get("static_configs") or [group]
        given = {**job, "static_configs": [{"targets": [place], "labels": fixed[0].get("labels", {})}]}
        with jobs.prometheus_with(given, tmp_path) as prometheus:
            wait_until(lambda: _asked(prometheus, "power_watts"), what="a reading is scraped", seconds=60)
            wait_until(lambda: _asked(prometheus, "up"), what="the scrape is noted", seconds=60)
            found = [series["metric"] for series in prometheus.ask('{__name__=~".+"}')]
    assert all(isinstance(labels, dict) for labels in found)
    instances = {str(labels["__name__"]): labels["instance"] for labels in found if isinstance(labels, dict)}
    assert (instances["power_watts"], instances["device_info"], instances["up"]) == ("rig-1", "rig-1", "poller")
    assert not [value for value in instances.values() if _ADDRESS.search(value)]


def _asked(prometheus: RunningPrometheus, query: str) -> list[dict[str, object]]:
    try:
        return prometheus.ask(query)
    except OSError:
        return []  # it is starting


def test_the_instance_of_a_device_with_metrics_of_its_own_is_its_id() -> None:
    device = Device(DeviceId("rig-2"), "Rig 2", "prometheus", address="http://10.0.0.8:9100")
    (group,) = scrape_targets([device], {"prometheus": "/metrics"}, "", kind="prometheus")
    assert group["targets"] == ["10.0.0.8:9100"]
    assert group["labels"] == {
        "job": "dashwright-devices",
        "instance": "rig-2",
        "__scheme__": "http",
        "__metrics_path__": "/metrics",
        "device": "rig-2",
        "hostname": "Rig 2",
        "kind": "prometheus",
    }
