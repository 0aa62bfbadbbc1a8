"""What the contract suite runs against: the fake, a Grafana somebody runs, or one started here from `GRAFANA_HOME`.

A Grafana somebody runs must do so with `config/grafana/grafana.ini` and the shipped providers, and its dashboards
folder must be writable from here: `CONTRACT_GRAFANA_URL`, `CONTRACT_DASHBOARDS_DIR`, and `CONTRACT_ADMIN_USER` if not
`admin`.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from backend_server.grafana import GrafanaClient, GrafanaError
from backend_server.primitives.shipped import shipped
from tests.fakes.grafana import AuthRules, FakeGrafana

# Read here, when tests are collected: no test sees the environment.
_ENVIRONMENT = dict(os.environ)
SHARDS = [f"shard-{number:02d}" for number in range(32)]


@dataclass(frozen=True)
class Target:
    """A running Grafana: where, which folder it reads, who administrates it, how long its clean-up tick takes."""

    url: str
    dashboards_dir: Path
    admin_user: str = "admin"
    tick_seconds: float = 30.0

    def client(self, user: str = "") -> GrafanaClient:
        return GrafanaClient(self.url, user=user or self.admin_user, timeout_seconds=20.0)


def chosen() -> str:
    """Name the target: `running`, `home` or `fake`."""
    if _ENVIRONMENT.get("CONTRACT_GRAFANA_URL"):
        return "running"
    return "home" if _ENVIRONMENT.get("GRAFANA_HOME") else "fake"


@contextmanager
def open_target(kind: str, root: Path) -> Iterator[Target]:
    """Return the target, started if it is ours to start."""
    if kind == "running":
        folder = Path(_ENVIRONMENT.get("CONTRACT_DASHBOARDS_DIR") or "")
        if not (folder / "packs").is_dir():
            raise RuntimeError("CONTRACT_DASHBOARDS_DIR must name the folder that holds shard-00 … shard-31 and packs")
        yield Target(_ENVIRONMENT["CONTRACT_GRAFANA_URL"], folder, _ENVIRONMENT.get("CONTRACT_ADMIN_USER") or "admin")
        return
    folder = root / "dashboards"
    for name in (*SHARDS, "packs"):
        (folder / name).mkdir(parents=True)
    provisioning = root / "provisioning"
    shutil.copytree(shipped("config", "grafana", "provisioning"), provisioning)
    (provisioning / "datasources" / "supabase.yml").unlink()
    values = {"DASHBOARDS_DIR": str(folder), "PROMETHEUS_URL": "http://127.0.0.1:9"}
    with _fake(provisioning, values) if kind == "fake" else _from_home(root, provisioning, values) as (url, tick):
        yield Target(url, folder, tick_seconds=tick)


@contextmanager
def _fake(provisioning: Path, values: dict[str, str]) -> Iterator[tuple[str, float]]:
    rules = AuthRules(csrf_always_check=True)
    fake = FakeGrafana(
        provisioning, environment=values, time_scale=0.01, auth=rules, hide_version=True, prometheus=True
    )
    with fake:
        yield fake.url, 0.3


@contextmanager
def _from_home(root: Path, provisioning: Path, values: dict[str, str]) -> Iterator[tuple[str, float]]:
    """Start `$GRAFANA_HOME/bin/grafana` with the shipped settings on a free port."""
    home = Path(_ENVIRONMENT["GRAFANA_HOME"])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/grafana"
    (root / "data" / "plugins").mkdir(parents=True)
    environment = {
        **values,
        "PATH": os.defpath,
        "GF_SERVER_HTTP_PORT": str(port),
        "GRAFANA_DATA_DIR": str(root / "data"),
        "GRAFANA_PROVISIONING_DIR": str(provisioning),
        "GRAFANA_DOMAIN": "localhost",
        "GRAFANA_ROOT_URL": f"{url}/",
        "GRAFANA_ADMIN_USER": "admin",
        "GRAFANA_ADMIN_PASSWORD": "throw-away",
        "GRAFANA_SECRET_KEY": "throw-away-throw-away-throw-away",
        "GRAFANA_METRICS_PASSWORD": "throw-away",
        "GRAFANA_DATASOURCE_HOSTS": "127.0.0.1:9",
    }
    ini = shipped("config", "grafana", "grafana.ini")
    command = [str(home / "bin" / "grafana"), "server", f"--homepath={home}", f"--config={ini}"]
    with (root / "grafana.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=root)
    try:
        _await(url, process, root / "grafana.log")
        yield url, 30.0
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    client = GrafanaClient(url, user="admin", timeout_seconds=5.0)
    for _ in range(240):
        try:
            if client.health().ok:
                client.close()
                return
        except GrafanaError:
            time.sleep(0.5)
        if process.poll() is not None:
            break
    raise RuntimeError(f"Grafana did not start: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
