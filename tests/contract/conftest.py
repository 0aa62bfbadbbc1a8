"""The target of the contract suite, and dashboards of one test that are gone afterwards."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest

from backend_server.grafana import GrafanaClient, LoadedDashboard, PublicDashboard
from tests.contract.targets import Target, chosen, open_target

_numbers = itertools.count(1)


@pytest.fixture(scope="session", params=[chosen()])
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The Grafana the suite runs against."""
    with open_target(request.param, tmp_path_factory.mktemp("grafana")) as found:
        yield found


@pytest.fixture
def client(target: Target) -> Iterator[GrafanaClient]:
    """Grafana as its administrator."""
    found = target.client()
    yield found
    found.close()


@dataclass
class Files:
    """Dashboard files of one test; every uid and title is its own."""

    client: GrafanaClient
    folder: Path
    prefix: str = field(default_factory=lambda: f"ct-{secrets.token_hex(4)}")
    written: set[Path] = field(default_factory=set)
    uids: set[str] = field(default_factory=set)

    def new_uid(self) -> str:
        """Return a uid that no other test has."""
        uid = f"{self.prefix}-{next(_numbers)}"
        self.uids.add(uid)
        return uid

    def document(self, uid: str, **more: Any) -> dict[str, Any]:
        """Return a dashboard with one queried panel and our own top-level key."""
        source = {"type": "prometheus", "uid": "prometheus"}
        target = {"refId": "A", "datasource": source, "expr": "up", "legendFormat": "{{job}}"}
        panel = {"id": 1, "type": "timeseries", "title": "Up", "datasource": source, "targets": [target]}
        return {
            "uid": uid,
            "title": f"Contract {uid}",
            "schemaVersion": 41,
            "refresh": "5s",
            "time": {"from": "now-15m", "to": "now"},
            "timepicker": {},
            "templating": {"list": []},
            "annotations": {"list": []},
            "panels": [
                {**panel, "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8}},
                {"id": 2, "type": "text", "title": "T", "gridPos": {"x": 12, "y": 0, "w": 12, "h": 8}},
            ],
            "dashwright": {"content": secrets.token_hex(16), "maker": "dev", "object": uid, "slot": "main"},
            **more,
        }

    def write(self, file: str, document: dict[str, Any] | bytes) -> Path:
        """Write a file whole below the dashboards folder, e.g. `shard-07/x.json`."""
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".tmp")
        beside.write_bytes(document if isinstance(document, bytes) else orjson.dumps(document))
        beside.replace(path)
        self.written.add(path)
        return path

    def load(self, shard: str = "shard-03", **more: Any) -> LoadedDashboard:
        """Write a new dashboard, reload, and give it as Grafana has it."""
        uid = self.new_uid()
        self.write(f"{shard}/{uid}.json", self.document(uid, **more))
        self.client.reload()
        return self.get(uid)

    def get(self, uid: str) -> LoadedDashboard:
        """Return a dashboard that must be there."""
        found = self.client.dashboard(uid)
        assert found is not None, f"{uid} is not in Grafana"
        return found

    def remove(self) -> None:
        """Take everything of this test away again, in the order that leaves nothing."""
        for uid in self.uids:
            row = self.client.public_of(uid)
            if row is not None:
                self.client.delete_public(uid, row.uid)
        for path in self.written:
            path.unlink(missing_ok=True)
        self.client.reload()
        for uid in self.uids:
            self.client.delete_dashboard(uid)


@pytest.fixture
def files(client: GrafanaClient, target: Target) -> Iterator[Files]:
    """Files of this test alone."""
    found = Files(client, target.dashboards_dir)
    yield found
    found.remove()


@pytest.fixture
def wanted() -> PublicDashboard:
    """A public row with random ids, as publications have them."""
    return PublicDashboard(uid=f"pd-{secrets.token_hex(8)}", access_token=secrets.token_hex(16))
