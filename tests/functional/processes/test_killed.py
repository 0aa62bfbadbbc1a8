"""Whatever ends `run` or supervisor, their programs end with them, and the next start is whole."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from tests.support.processes import children_of, dashwright, environment_for, get, until

Family = Sequence[tuple[int, str]]
GONE_SECONDS = 60  # a graceful end takes up to twenty; a busy machine may be slow


def of(family: Family, *words: str) -> list[int]:
    found = [pid for pid, command in family if any(word in command for word in words)]
    assert found, f"{words} in {family}"
    return found


VICTIMS: dict[str, Callable[[int, Family], list[int]]] = {
    "run": lambda run, _family: [run],
    "supervisor": lambda _run, family: of(family, "supervisor.supervisord"),
    "run and supervisor": lambda run, family: [run, *of(family, "supervisor.supervisord")],
    "everything but the workers of nginx and web": lambda run, family: [
        run,
        *[pid for pid, command in family if "nginx: worker" not in command and not command.endswith("cli.main web")],
    ],
}


def ready(environment: Mapping[str, str]) -> bool:
    return get(f"http://127.0.0.1:{environment['PORT']}/server/health")[0] == 200


def says_ready(log: Path) -> bool:
    return "Dashwright is ready: open" in log.read_text()


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def listens(port: str) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", int(port))) == 0


@pytest.mark.parametrize("victim", VICTIMS)
def test_a_kill_leaves_nothing_behind_and_the_next_start_is_whole(tmp_path: Path, victim: str) -> None:
    environment = environment_for(tmp_path, OWN_PROMETHEUS="true")
    ports = [environment["PORT"], environment["POLLER_PORT"], environment["PROMETHEUS_URL"].rpartition(":")[2]]
    family: Family = []
    try:
        with dashwright(["run"], environment, log=tmp_path / "first.log") as process:
            until(lambda: ready(environment) and all(map(listens, ports)), 120, what="every program answers")
            family = children_of(process.pid)
            for pid in VICTIMS[victim](process.pid, family):
                os.kill(pid, signal.SIGKILL)
            assert process.wait(GONE_SECONDS) != 0
            if victim == "supervisor":
                assert "Stopped: supervisor was ended by SIGKILL." in (tmp_path / "first.log").read_text()
            if victim in ("run", "supervisor"):  # else the next start comes at once, and ends what is still there
                until(lambda: not [one for one in family if alive(one[0])], GONE_SECONDS, what="all have ended")
        with dashwright(["run"], environment, log=tmp_path / "second.log") as process:
            second = tmp_path / "second.log"
            until(lambda: process.poll() is not None or says_ready(second), 120, what="the next start is ready")
            assert process.poll() is None, second.read_text()
            assert ready(environment)
            assert not [one for one in family if alive(one[0])]
            family = children_of(process.pid)
            process.send_signal(signal.SIGTERM)
            assert process.wait(GONE_SECONDS) == 0
        for log in ("first.log", "second.log"):
            assert "Traceback" not in (tmp_path / log).read_text()
    finally:
        for pid, _ in family:
            if alive(pid):
                os.kill(pid, signal.SIGKILL)
