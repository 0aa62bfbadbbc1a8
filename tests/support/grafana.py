"""`fake_grafana` for tests: a folder, provider YAML as shipped in shape, and a running fake Grafana over it.

Import the fixtures where they are used (`from tests.support.grafana import fake_grafana`), or list the module in
`pytest_plugins`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from backend_server.grafana import GrafanaClient
from tests.fakes.grafana import FakeGrafana

SHARDS = 32


def write_provisioning(root: Path, dashboards_dir: Path) -> Path:
    """Make all provider folders below `dashboards_dir` and the provisioning folder that names them; give the latter."""
    names = [f"shard-{number:02d}" for number in range(SHARDS)] + ["packs"]
    providers = []
    for name in names:
        (dashboards_dir / name).mkdir(parents=True, exist_ok=True)
        options: dict[str, object] = {"path": str(dashboards_dir / name)}
        if name == "packs":
            options["foldersFromFilesStructure"] = True
        providers.append(
            {
                "name": name,
                "orgId": 1,
                "type": "file",
                "folder": "",
                "disableDeletion": True,
                "allowUiUpdates": False,
                "updateIntervalSeconds": 15,
                "options": options,
            }
        )
    provisioning = root / "provisioning"
    (provisioning / "dashboards").mkdir(parents=True, exist_ok=True)
    written = yaml.safe_dump({"apiVersion": 1, "providers": providers})
    (provisioning / "dashboards" / "dashboard.yml").write_text(written, encoding="utf-8")
    return provisioning


def client_of(fake: FakeGrafana, *, user: str = "admin", timeout_seconds: float = 5.0) -> GrafanaClient:
    """Return a client of the fake as its administrator."""
    return GrafanaClient(fake.url, user=user, timeout_seconds=timeout_seconds)


@pytest.fixture
def dashboards_dir(tmp_path: Path) -> Path:
    """The folder that holds `shard-00` … `shard-31` and `packs`, all existing and empty."""
    folder = tmp_path / "dashboards"
    write_provisioning(tmp_path, folder)
    return folder


@pytest.fixture
def fake_grafana(tmp_path: Path, dashboards_dir: Path) -> Iterator[FakeGrafana]:
    """A running fake Grafana over `dashboards_dir`; tickers stand still, so use reload or `fake.poll()`."""
    with FakeGrafana(tmp_path / "provisioning", environment={}, polling=False) as fake:
        yield fake


@pytest.fixture
def grafana_client(fake_grafana: FakeGrafana) -> Iterator[GrafanaClient]:
    """A client of `fake_grafana`."""
    client = client_of(fake_grafana)
    yield client
    client.close()
