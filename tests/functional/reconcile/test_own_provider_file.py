"""A Grafana of our own is not told to reload while its provider file is not right: it would delete every dashboard."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from backend_server.reconcile.heartbeat import HEARTBEAT
from tests.fakes.grafana import FakeGrafana
from tests.support.app import LiveApp, running_app
from tests.support.grafana import write_provisioning


def until(true: Callable[[], object], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def state_of(app: LiveApp, device: str) -> str:
    return str(app.call("GET", f"/api/devices/{device}").json()["link"]["state"])


def uids(fake: FakeGrafana) -> set[str]:
    return {one.uid for one in fake.database.dashboards}


def reloads(fake: FakeGrafana) -> int:
    return sum(request.path.endswith("/provisioning/dashboards/reload") for request in fake.requests)


@pytest.mark.parametrize("damage", ["missing", "half", "renamed"])
def test_nothing_is_reloaded_until_the_file_is_back(tmp_path: Path, sqlite_template: Path, damage: str) -> None:
    run = tmp_path / "data" / "run" / "grafana"
    provisioning = write_provisioning(run, (tmp_path / "dashboards").resolve())
    file = provisioning / "dashboards" / "dashboard.yml"
    right = file.read_bytes()
    with (
        FakeGrafana(provisioning, environment={}, polling=False) as fake,
        running_app(tmp_path, empty_database=sqlite_template, grafana_url=fake.url, grafana_home=tmp_path) as app,
    ):
        app.call("PUT", "/api/devices/rig-1", {})
        until(lambda: state_of(app, "rig-1") == "live")
        kept, before = uids(fake), reloads(fake)
        if damage == "missing":
            file.unlink()
        else:
            file.write_bytes(right[: len(right) // 2] if damage == "half" else right.replace(b"shard-00", b"shard-99"))
        app.call("PUT", "/api/devices/rig-2", {})
        until(lambda: "not told to reload" in str(app.services.records.values.get(HEARTBEAT)))
        parts = app.call("GET", "/server/health").json()["components"]
        assert parts["grafana"]["status"] == "degraded"
        assert "it is not asked to reload" in parts["grafana"]["message"]
        assert str(tmp_path) not in parts["grafana"]["message"]
        assert (uids(fake), reloads(fake)) == (kept, before)
        file.write_bytes(right)
        until(lambda: state_of(app, "rig-2") == "live")
        assert kept < uids(fake)
