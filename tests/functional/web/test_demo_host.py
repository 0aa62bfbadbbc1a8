"""The demonstration's host begins with its whole fleet, however an earlier one ended."""

from __future__ import annotations

from backend_server.demo.host import Host
from tests.support.app import LiveApp
from tests.support.processes import until

DEVICES = [
    {"id": name, "hostname": name, "kind": "miner", "labels": {"site": "x"}, "address": "http://127.0.0.1:9"}
    for name in ("rig-1", "rig-4")
]


def states(host: Host) -> dict[str, str]:
    devices = host.state()["devices"]
    assert isinstance(devices, list)
    return {device["id"]: device["state"] for device in devices}


def test_a_device_that_was_away_when_the_last_host_ended_comes_back(live_app: LiveApp) -> None:
    for device in DEVICES:
        assert live_app.call("PUT", f"/api/devices/{device['id']}", device).status in (200, 201, 202)
    assert live_app.call("DELETE", "/api/devices/rig-4").status == 200
    host = Host(live_app.base, live_app.token, DEVICES, fleet_uid="none", wanderer="rig-4")
    host.start()
    try:
        until(lambda: "starting" not in states(host).values(), 60, what="the whole fleet is there")
        assert states(host) == {"rig-1": "live", "rig-4": "live"}
    finally:
        host.close()


def test_a_link_that_somebody_paused_keeps_no_demo_from_being_ready(live_app: LiveApp) -> None:
    for device in DEVICES:
        assert live_app.call("PUT", f"/api/devices/{device['id']}", device).status in (200, 201, 202)
    link = live_app.call("GET", "/api/devices/rig-1").json()["link"]
    assert live_app.call("POST", f"/api/links/{link['token']}/pause").status == 200
    host = Host(live_app.base, live_app.token, DEVICES, fleet_uid="none")
    host.start()
    try:
        until(lambda: states(host) == {"rig-1": "off", "rig-4": "live"}, 60, what="the host sees it")
    finally:
        host.close()
