"""How far a visitor's panel query travels through the relay: printed, and bounded."""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from tests.fakes.grafana import FakeGrafana
from tests.support.app import running_app
from tests.support.grafana import write_provisioning
from tests.support.tracing import trace

MOST_FILES = 25
EXPLORE = "explore"  # its visitors choose the time, so that each range is a query of its own


def _ask(client: FlaskClient, address: str, minutes: int) -> int:
    span = {"from": f"now-{minutes}m", "to": "now", "timezone": "utc"}
    body = {"intervalMs": 5000, "maxDataPoints": 620, "timeRange": span}
    return client.post(address, json=body).status_code


def test_a_panel_query_through_the_relay_touches_few_files(
    tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The first query has just read the dashboard; a slow machine must not make the second read it again.
    monkeypatch.setattr("backend_server.viewing.relay.dashboards._KEPT_SECONDS", 60.0)
    dashboards = tmp_path / "dashboards"
    provisioning = write_provisioning(tmp_path, dashboards)
    with FakeGrafana(provisioning, environment={}, polling=False) as grafana:
        settings = {"grafana_url": grafana.url, "dashboards_dir": dashboards}
        with running_app(tmp_path, empty_database=sqlite_template, **settings) as app:
            made = app.call("PUT", "/api/devices/rig-1?wait=15s", {"share": EXPLORE}).json()
            token = urlsplit(made["link"]["url"]).path.rpartition("/")[2]
            address = f"/grafana/api/public/dashboards/{token}"
            client = app.app.test_client()
            panels = client.get(address).get_json()["dashboard"]["panels"]
            panel = next(panel["id"] for panel in panels if panel.get("targets"))
            query = f"{address}/panels/{panel}/query"
            with app.passes.hold():
                time.sleep(0.5)  # the pass before has ended, and with it what it writes
                assert _ask(client, query, 15) == 200
                grafana.forget_requests()
                status, travelled = trace(lambda: _ask(client, query, 17))
    asked = [request.path for request in grafana.requests if request.method == "POST"]
    assert (status, len(asked)) == (200, 1), "Grafana is asked, nothing is remembered of this range"
    print()
    print(travelled.summary("a panel query through the relay"))
    print("\n".join(travelled.files))
    assert len(travelled.files) <= MOST_FILES, travelled.files
