"""What 100 viewers of one link cause in Grafana; part of `benchmarks.relay`, in process to see what was asked."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import orjson

from backend_server.grafana import GrafanaClient, PublicDashboard
from backend_server.links import LinkProfile
from backend_server.queries.steps import Limits
from backend_server.viewing.relay.source import RelayOptions, relay_source
from benchmarks.report import Row
from tests.fakes.grafana import Datasource, FakeGrafana
from tests.support.visitors import TOKEN, UID, Visitors, dashboard, target

REAL = "fedcba9876543210fedcba9876543210"
VIEWERS = 100


class _Publications:
    def tokens(self) -> dict[str, str | None]:
        return {UID: REAL}


class _Now(Visitors):
    def clock_ms(self) -> int:
        return int(time.time() * 1000)


def shared_rows() -> list[Row]:
    """Let 100 viewers with their own widths and clocks ask for two panels, within one step."""
    with tempfile.TemporaryDirectory() as folder, _fake(Path(folder)) as fake:
        client = GrafanaClient(fake.url, fake.origin, user="admin")
        client.create_public(UID, PublicDashboard("pd-1", REAL, True, True, False))
        plain = _Now()
        source = relay_source(client, _Publications(), plain.viewer, RelayOptions(Limits(), plain.clock_ms))
        visitors = _Now(source=source, links=plain.links)
        visitors.links.change(profile=LinkProfile(picker=True))
        asked = _asked(fake, visitors)
        visitors.close()
        client.close()
    value = f"{asked} for {2 * VIEWERS}"
    return [Row("viewers", f"{VIEWERS} viewers, 2 panels, one step: upstream queries", "2", value, asked == 2)]


def _asked(fake: FakeGrafana, visitors: Visitors) -> int:
    web = visitors.client()
    while time.time() % 5 > 1:
        time.sleep(0.05)  # begin early in a step of 5 s
    fake.forget_requests()
    for viewer in range(VIEWERS):
        end = int(time.time() * 1000) + (viewer - 50) * 600
        body = {
            "intervalMs": 1000 + 37 * viewer,
            "maxDataPoints": 320 + 23 * viewer,
            "timeRange": {"from": str(end - 900_000), "to": str(end), "timezone": "utc"},
        }
        for panel in (1, 2):
            web.post(f"/grafana/api/public/dashboards/{TOKEN}/panels/{panel}/query", json=body)
    return sum(request.method == "POST" for request in fake.requests)


def _fake(folder: Path) -> FakeGrafana:
    shard, provisioning = folder / "shard", folder / "provisioning"
    shard.mkdir()
    (provisioning / "dashboards").mkdir(parents=True)
    (provisioning / "dashboards" / "dashboard.yml").write_text(
        f"apiVersion: 1\nproviders:\n  - {{name: shard, type: file, folder: '', options: {{path: {shard}}}}}\n"
    )
    panels = [
        {"id": number, "type": "timeseries", "title": f"Panel {number}", "targets": [target("up")]}
        for number in range(1, 26)
    ]
    (shard / f"{UID}.json").write_bytes(orjson.dumps(dashboard(*panels, timepicker={}, title="Rig 1")))
    source = Datasource("Prometheus", "prometheus", is_default=True, json_data={"timeInterval": "5s"})
    return FakeGrafana(provisioning, datasources=(source,), polling=False)
