"""The metrics page is what Prometheus reads, and shows each device's state."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from prometheus_client.parser import text_string_to_metric_families

from backend_server.devices.device import Device
from backend_server.poller.connection import Failure
from backend_server.poller.exposition import Exposition, format_value
from backend_server.poller.kinds import load_kinds
from backend_server.poller.metrics import PollerMetrics
from backend_server.poller.schedule import TICK_SECONDS, Wheel, phase
from backend_server.primitives.ids import DeviceId
from backend_server.primitives.shipped import shipped


@pytest.fixture
def clock() -> list[float]:
    return [100.0]


@pytest.fixture
def metrics(clock: list[float]) -> PollerMetrics:
    kinds = load_kinds(shipped("config", "device_kinds")).values()
    return PollerMetrics(kinds, clock=lambda: clock[0])


def samples(metrics: PollerMetrics) -> dict[str, list[tuple[dict[str, str], float]]]:
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(metrics.render().decode()):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1"), (0.1, "0.1"), (-3.0, "-3"), (1.2e12, "1200000000000"), (1e300, "1e+300")]
)
def test_a_value_reads_back_the_same(value: float, text: str) -> None:
    assert format_value(value) == text
    assert float(text) == value


def test_hostile_labels_stay_labels() -> None:
    page = Exposition()
    labels = {"device": "a", "hostname": 'x"} 1\nevil 2\\'}
    page.family("device_info", "gauge", "with\nbreak").set("a", 1, labels)
    (family,) = text_string_to_metric_families(page.render().decode())
    assert [(sample.name, sample.labels) for sample in family.samples] == [("device_info", labels)]


def test_a_device_that_answers_shows_its_readings_and_their_age(metrics: PollerMetrics, clock: list[float]) -> None:
    device = Device(DeviceId("rig-1"), "Rig 1", "miner", {"site": "north", "kind": "x"})
    metrics.describe(device, {"model": "BM1370"})
    metrics.answered("rig-1", 0.0123, {"device_power_watts": 17.5})
    clock[0] += 2.5
    found = samples(metrics)
    assert found["device_up"] == [({"device": "rig-1"}, 1.0)]
    assert found["device_power_watts"] == [({"device": "rig-1"}, 17.5)]
    assert found["device_poll_duration_seconds"] == [({"device": "rig-1"}, 0.0123)]
    assert found["device_reading_age_seconds"] == [({"device": "rig-1"}, 2.5)]
    assert found["device_info"][0][0] == {
        "device": "rig-1",
        "hostname": "Rig 1",
        "kind": "miner",
        "site": "north",
        "label_kind": "x",
        "model": "BM1370",
    }


def test_a_device_that_fails_keeps_its_last_readings_and_is_down(metrics: PollerMetrics) -> None:
    metrics.answered("rig-1", 0.01, {"device_power_watts": 17.5})
    metrics.failed("rig-1", Failure.TIMEOUT)
    found = samples(metrics)
    assert found["device_up"] == [({"device": "rig-1"}, 0.0)]
    assert found["device_power_watts"][0][1] == 17.5
    assert ({"reason": "timeout"}, 1.0) in found["dashwright_poller_failures_total"]
    metrics.forget_readings("rig-1")
    found = samples(metrics)
    assert "device_power_watts" not in found
    assert found["device_up"] == [({"device": "rig-1"}, 0.0)]


def test_a_device_that_goes_takes_every_series_with_it(metrics: PollerMetrics) -> None:
    metrics.describe(Device(DeviceId("rig-1"), "Rig 1", "miner"), {})
    metrics.answered("rig-1", 0.01, {"device_power_watts": 17.5})
    metrics.drop("rig-1")
    assert b"rig-1" not in metrics.render()


def test_prometheus_own_checker_accepts_the_page(metrics: PollerMetrics) -> None:
    metrics.describe(Device(DeviceId("rig-1"), "Rig 1", "miner"), {})
    metrics.answered("rig-1", 0.01, dict.fromkeys(["device_power_watts", "device_shares_accepted_total"], 1.0))
    promtool = shutil.which("promtool")
    assert promtool, "promtool comes with Debian's package prometheus"
    told = subprocess.run([promtool, "check", "metrics"], input=metrics.render(), capture_output=True, check=False)
    assert told.returncode in (0, 3), told.stderr.decode()  # 3: only advice on names
    assert b"error" not in told.stderr.lower()


def test_the_wheel_gives_each_item_at_its_time_and_after_a_late_tick() -> None:
    wheel: Wheel[str] = Wheel()
    wheel.put("a", 10.0)
    wheel.put("b", 10.5)
    assert wheel.due(9.9) == []
    assert wheel.due(10.0 + TICK_SECONDS) == ["a"]
    wheel.put("late", 1.0)
    assert wheel.due(99.0) == ["late", "b"]
    assert wheel.due(200.0) == []


def test_a_fleet_is_spread_over_the_interval() -> None:
    phases = [phase(f"rig-{number}", 5.0) for number in range(1000)]
    assert all(0 <= at < 5 for at in phases)
    assert max(sum(1 for at in phases if second <= at < second + 1) for second in range(5)) < 300
