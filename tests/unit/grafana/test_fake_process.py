"""The fake as a process, as supervised programs and people start it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from backend_server.grafana import GrafanaClient
from tests.support.grafana import write_provisioning

ROOT = Path(__file__).parents[3]


def start(provisioning: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.fakes.grafana", "--port", "0", "--provisioning", str(provisioning)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def provisioning(tmp_path: Path) -> Path:
    return write_provisioning(tmp_path, tmp_path / "dashboards")


def test_it_serves_until_it_is_told_to_stop(provisioning: Path) -> None:
    with start(provisioning) as process:
        assert process.stdout is not None
        found = re.search(r"address=127\.0\.0\.1:(\d+)", process.stdout.readline())
        assert found is not None
        client = GrafanaClient(f"http://127.0.0.1:{found[1]}/grafana", user="admin", timeout_seconds=5)
        assert client.health().ok
        client.reload()
        client.close()
        process.terminate()
        assert process.wait(10) == 0


def test_it_exits_where_grafana_exits(provisioning: Path) -> None:
    (provisioning / "dashboards" / "dashboard.yml").write_text("providers: [")
    with start(provisioning) as process:
        _, said = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "Error:" in said
