"""nginx writes down what it was asked for when `web` is away; the log opens no link and names no visitor."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from backend_server.runtime.programs.nginx import nginx_command, render_edge
from backend_server.runtime.supervised import LOG_VISITORS
from backend_server.settings import Settings
from tests.support.edge import ask
from tests.support.processes import ROOT, free_ports, until

TOKEN = "0123456789abcdef0123456789abcdef"
PATHS = (f"/grafana/public-dashboards/{TOKEN}", f"/grafana/api/public/dashboards/{TOKEN}", "/s/kitchen-north")


def answers(port: int) -> bool:
    try:
        return ask(port, "/server/health").status == 502
    except OSError:
        return False


@pytest.mark.parametrize("visitors", [False, True])
def test_an_error_upstream_leaves_no_token_in_the_log(tmp_path: Path, visitors: bool) -> None:
    (port,) = free_ports(1)
    command = nginx_command(render_edge(Settings(data_dir=tmp_path, port=port, limit_client=0)))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DASHWRIGHT_RUN": str(tmp_path)}
    log = tmp_path / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "backend_server.runtime.supervised", "edge", "--name-lines", "--", *command],
            env={**environment, LOG_VISITORS: "1" if visitors else "0"},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        until(lambda: answers(port), 20, what="nginx answers that nobody is behind it")
        for path in PATHS:
            assert ask(port, path, f"Referer: http://host.test/grafana/public-dashboards/{TOKEN}").status == 502
        until(lambda: log.read_text().count("host.test") >= len(PATHS), 20, what="every refusal is in the log")
    finally:
        process.terminate()
        process.wait(20)
    told = log.read_text()
    assert re.search(r"connect\(\) to unix:\S+ failed", told)
    assert "/grafana/public-dashboards/0123…" in told
    assert TOKEN not in told
    assert "kitchen" not in told
    assert ("client: 127.0.0.1" in told) is visitors
    assert ("client: -" in told) is not visitors
