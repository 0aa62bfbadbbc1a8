"""A real Grafana started from `GRAFANA_HOME` with the shipped settings, for benchmarks that find one."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from backend_server.primitives.ids import PROVIDERS
from backend_server.primitives.shipped import shipped
from tests.support.processes import free_ports, get, until


@contextmanager
def grafana_from_home(home: Path, folder: Path, prometheus_url: str) -> Iterator[str]:
    """Start `bin/grafana` on a free port below `/grafana`; gives its address. Its data go with `folder`."""
    dashboards = folder / "dashboards"
    for name in PROVIDERS:
        (dashboards / name).mkdir(parents=True)
    provisioning = folder / "provisioning"
    shutil.copytree(shipped("config", "grafana", "provisioning"), provisioning)
    (provisioning / "datasources" / "supabase.yml").unlink(missing_ok=True)
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}/grafana"
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "DASHBOARDS_DIR": str(dashboards),
        "PROMETHEUS_URL": prometheus_url,
        "GF_SERVER_HTTP_PORT": str(port),
        "GRAFANA_DATA_DIR": str(folder / "data"),
        "GRAFANA_PROVISIONING_DIR": str(provisioning),
        "GRAFANA_DOMAIN": "localhost",
        "GRAFANA_ROOT_URL": f"{url}/",
        "GRAFANA_ADMIN_USER": "admin",
        "GRAFANA_ADMIN_PASSWORD": "for the time of a benchmark",
        "GRAFANA_SECRET_KEY": "for the time of a benchmark only",
        "GRAFANA_METRICS_PASSWORD": "for the time of a benchmark",
        "GRAFANA_DATASOURCE_HOSTS": urlsplit(prometheus_url).netloc,
    }
    ini = shipped("config", "grafana", "grafana.ini")
    with (folder / "grafana.log").open("wb") as log:
        process = subprocess.Popen(
            [str(home / "bin" / "grafana"), "server", f"--homepath={home}", f"--config={ini}"],
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            until(lambda: process.poll() is not None or get(f"{url}/api/health")[0] == 200, 120, what="Grafana")
            if process.poll() is not None:
                raise SystemExit(f"Grafana ended at its start: {folder / 'grafana.log'}")
            yield url
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
