"""`dashwright run` as a whole: real nginx, supervisor, Prometheus; programs are killed and the service stopped."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from backend_server.demo.simulator import Miner, MinerServer
from tests.support.processes import ROOT, TOKEN, children_of, dashwright, environment_for, get, until


@dataclass(frozen=True)
class Running:
    process: subprocess.Popen[bytes]
    environment: dict[str, str]
    log: Path
    port: int
    prometheus_port: int
    data: Path

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another command of the same deployment."""
        return subprocess.run(
            [sys.executable, "-m", "backend_server.cli.main", *arguments],
            env={**os.environ, "PYTHONPATH": str(ROOT), **self.environment},
            capture_output=True,
            text=True,
            cwd=self.log.parent,
            check=False,
            timeout=60,
        )

    def status(self) -> dict[str, tuple[str, int]]:
        """What supervisor says: program → state and process id."""
        told = subprocess.run(
            [sys.executable, "-m", "supervisor.supervisorctl", "-c", str(self.data / "supervisord.conf"), "status"],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        found = {}
        for line in told.stdout.splitlines():
            match = re.match(r"(?:behind:)?(\S+)\s+(\S+)\s*(?:pid (\d+))?", line)
            if match:
                found[match[1]] = (match[2], int(match[3] or 0))
        return found


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("run")
    environment = environment_for(folder, OWN_PROMETHEUS="true", OUTBOUND_ALLOW="127.0.0.0/8")
    log = folder / "run.log"
    with dashwright(["run"], environment, log=log) as process:
        port = int(environment["PORT"])
        until(
            lambda: process.poll() is not None or get(f"http://127.0.0.1:{port}/server/health")[0] == 200,
            90,
            what="the service is ready",
        )
        assert process.poll() is None, log.read_text()
        yield Running(
            process,
            environment,
            log,
            port,
            int(environment["PROMETHEUS_URL"].rpartition(":")[2]),
            folder / "data",
        )


def test_every_program_runs_and_the_address_is_told(service: Running) -> None:
    until(lambda: all(service.status()[name][0] == "RUNNING" for name in PROGRAMS), 30, what="all programs run")
    until(lambda: "Dashwright is ready: open http://127.0.0.1:" in service.log.read_text(), 20, what="the address")
    assert service.status()["grafana"][0] == "STOPPED"


PROGRAMS = ("edge", "web", "worker", "poller", "prometheus")


def test_a_device_is_polled_scraped_and_its_link_is_live(service: Running) -> None:
    miner = MinerServer(Miner(0, "Rig 1", time.time() - 3600, {"power": 777}))
    try:
        told = service.command(
            "device", "add", "rig-1", "--kind", "miner", "--address", miner.address, "--wait", "20s", "--json"
        )
        assert told.returncode == 0, told.stderr
        link = json.loads(told.stdout)["link"]
        assert link["state"] == "live"
        status, page = get(link["embed_url"])
        assert status == 200
        assert b"dashwright-data" in page
        query = f"http://127.0.0.1:{service.prometheus_port}/api/v1/query?query=device_power_watts"
        until(lambda: b'"777"' in get(query)[1], 30, what="the reading is in Prometheus")
        assert service.command("device", "retire", "rig-1").returncode == 0
        assert get(link["url"])[0] == 410
        assert service.command("device", "revive", "rig-1").returncode == 0
        until(lambda: get(link["url"])[0] == 200, 20, what="the same link is live again")
    finally:
        miner.close()


def test_the_command_line_does_the_same_over_http(service: Running) -> None:
    away = ("--url", f"http://127.0.0.1:{service.port}", "--token", TOKEN)
    told = service.command("device", "add", "over-http", "--label", "site=north", "--json", *away)
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["device"]["labels"] == {"site": "north"}
    assert "over-http" in service.command("device", "list").stdout
    refused = service.command("device", "list", "--url", f"http://127.0.0.1:{service.port}", "--token", "dw_wrong")
    assert refused.returncode == 9
    assert "API token is unknown" in refused.stderr


@pytest.mark.parametrize("name", ["web", "worker", "poller", "edge"])
def test_a_killed_program_comes_back_by_itself(service: Running, name: str) -> None:
    until(lambda: service.status()[name][0] == "RUNNING", 30, what=f"{name} runs")
    before = service.status()[name][1]
    os.kill(before, signal.SIGKILL)
    until(
        lambda: service.status()[name][0] == "RUNNING" and service.status()[name][1] != before,
        30,
        what=f"{name} is back",
    )
    until(lambda: get(f"http://127.0.0.1:{service.port}/server/health")[0] == 200, 40, what="the service is back")


def test_every_line_names_its_program(service: Running) -> None:
    lines = [line for line in service.log.read_text().splitlines() if re.match(r"\d{4}-\d\d-\d\dT", line)]
    assert lines
    assert {line.split()[1] for line in lines} <= {*PROGRAMS, "prepare", "supervisor"}


def test_the_control_socket_is_for_this_user_alone(service: Running) -> None:
    text = (service.data / "supervisord.conf").read_text()
    path = re.search(r"unix://(\S+)", text)
    assert path
    assert Path(path[1]).stat().st_mode & 0o777 == 0o700


def test_sigterm_ends_everything_within_twenty_seconds(service: Running) -> None:
    pids = [pid for _, pid in service.status().values() if pid]
    began = time.monotonic()
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(25) == 0
    assert time.monotonic() - began < 20
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_a_program_that_cannot_run_takes_the_service_down_with_the_reason(tmp_path: Path) -> None:
    kinds = tmp_path / "kinds"
    shutil.copytree(ROOT / "config" / "device_kinds", kinds)
    environment = environment_for(tmp_path, EDGE="false", DEVICE_KINDS_DIR=str(kinds))
    log = tmp_path / "run.log"
    with dashwright(["run"], environment, log=log) as process:
        health = f"http://127.0.0.1:{environment['PORT']}/server/health"
        until(lambda: get(health)[0] == 200, 90, what="every program runs")
        (kinds / "generic.yaml").write_text("path: [")
        poller = next(pid for pid, command in children_of(process.pid) if command.endswith("cli.main poller"))
        os.kill(poller, signal.SIGKILL)
        assert process.wait(240) == 1
    told = log.read_text()
    assert re.search(r"Stopped: the program 'poller' (ended 7 times|cannot be started)", told)
    assert "generic.yaml" in told
    assert "Traceback" not in told


def test_a_service_that_is_started_again_at_once_is_not_taken_for_one_that_keeps_dying(tmp_path: Path) -> None:
    environment = environment_for(tmp_path, EDGE="false", LOG_LEVEL="WARNING")
    del environment["API_TOKEN"], environment["ADMIN_PASSWORD"]
    log = tmp_path / "run.log"
    for number in range(3):
        with dashwright(["run"], environment, log=log) as process:
            until(lambda: "Dashwright is ready: open" in log.read_text(), 120, what="it is ready")
            process.send_signal(signal.SIGTERM)
            assert process.wait(25) == 0
        told = log.read_text()
        assert told.count("Sign in as admin with the password ") == told.count("API token: dw_") == (number == 0)
        if number == 0:
            after = told[told.index("Made now and shown this once") :]
            assert after.index("API token: dw_") < after.index("Dashwright is ready"), "secrets come with the success"
        assert "again and again" not in told
        assert " INFO " not in told, "LOG_LEVEL holds for every program's lines"


def test_prepare_twice_changes_nothing_and_shows_no_secret_again(tmp_path: Path) -> None:
    environment = environment_for(tmp_path, EDGE="false")
    del environment["API_TOKEN"], environment["ADMIN_PASSWORD"]
    logs = []
    for number in (1, 2):
        log = tmp_path / f"{number}.log"
        with dashwright(["prepare"], environment, log=log) as process:
            assert process.wait(60) == 0, log.read_text()
        logs.append(log.read_text())
    assert "API token: dw_" in logs[0]
    assert "password" in logs[0]
    assert "dw_" not in logs[1]
    assert "Sign in as" not in logs[1]


def test_a_wrong_setting_stops_the_start_with_one_clear_word(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    with dashwright(["run"], {**environment_for(tmp_path), "PORT": "80a"}, log=log) as process:
        assert process.wait(30) == 2
    assert "PORT is '80a'" in log.read_text()
    assert "Traceback" not in log.read_text()


@pytest.mark.parametrize("edge", ["true", "false"])
def test_a_service_on_one_address_is_asked_there(tmp_path: Path, edge: str) -> None:
    environment = environment_for(tmp_path, LISTEN="127.0.0.7", EDGE=edge)
    log = tmp_path / "run.log"
    base = f"http://127.0.0.7:{environment['PORT']}"
    check = [sys.executable, "-m", "backend_server.runtime.healthcheck"]
    more = {"env": {**os.environ, "PYTHONPATH": str(ROOT), **environment, "http_proxy": "http://127.0.0.1:9"}}
    with dashwright(["run"], environment, log=log) as process:
        until(
            lambda: process.poll() is not None or f"ready: open {base}" in log.read_text(), 90, what="it finds itself"
        )
        assert process.poll() is None, log.read_text()
        assert subprocess.run(check, cwd=tmp_path, check=False, timeout=60, **more).returncode == 0  # type: ignore[call-overload]
    assert subprocess.run(check, cwd=tmp_path, check=False, timeout=60, **more).returncode == 1  # type: ignore[call-overload]
