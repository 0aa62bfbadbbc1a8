"""The container without a container engine: its settings, its read-only root, its user, and a fake Grafana inside."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes import ROOT, free_ports, get, until

USER = 10001
TOKEN = "dw_token_of_the_container_tests"
PROGRAMS = ("edge", "web", "worker", "poller", "grafana")


@dataclass(frozen=True)
class Container:
    """A running service, as the image starts it."""

    process: subprocess.Popen[bytes]
    environment: Mapping[str, str]
    folder: Path

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.environment['PORT']}"

    @property
    def log(self) -> str:
        return (self.folder / "run.log").read_text()

    @property
    def data(self) -> Path:
        return Path(self.environment["DATA_DIR"])

    def status(self) -> dict[str, tuple[str, int]]:
        """Return what `supervisorctl status` says in the work folder: program → state and process id."""
        told = subprocess.run(
            [sys.executable, "-m", "supervisor.supervisorctl", "status"],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
            cwd=self.data,
        )
        matches = (re.match(r"(?:behind:)?(\S+)\s+(\S+)\s*(?:pid (\d+))?", line) for line in told.stdout.splitlines())
        return {found[1]: (found[2], int(found[3] or 0)) for found in matches if found}

    def processes(self) -> dict[int, str]:
        """Return every process of the service, by id, with its command."""
        found: dict[int, str] = {}
        todo = [self.process.pid]
        while todo:
            pid = todo.pop()
            with suppress(OSError):
                found[pid] = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
                for task in Path(f"/proc/{pid}/task").iterdir():
                    todo += [int(child) for child in (task / "children").read_text().split()]
        return found

    def wait_ready(self, seconds: float = 120) -> None:
        """Wait until every program runs and the service says that it is ready or degraded."""
        until(
            lambda: self.process.poll() is not None or get(f"{self.base}/server/health")[0] == 200,
            seconds,
            what="the service is ready",
        )
        assert self.process.poll() is None, self.log

    def stop(self, seconds: float = 25) -> int:
        """Ask it to stop; gives the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)


def environment_for(folder: Path, **more: str) -> dict[str, str]:
    """Return the variables of the image, on free ports and with folders of the test's own."""
    port, web, poller, grafana, sign_in, prometheus = free_ports(6)
    return {
        "DATA_DIR": str(folder / "data"),
        "DASHBOARDS_DIR": str(folder / "dashboards"),
        "GRAFANA_HOME": str(_fake_home(folder, grafana)),
        "GRAFANA_URL": f"http://127.0.0.1:{grafana}/grafana",
        "GRAFANA_PORT": str(sign_in),
        "LISTEN": "127.0.0.1",
        "PORT": str(port),
        "WEB_PORT": str(web),
        "POLLER_PORT": str(poller),
        "PROMETHEUS_URL": f"http://127.0.0.1:{prometheus}",
        "API_TOKEN": TOKEN,
        "ADMIN_PASSWORD": "correct horse battery staple",
        "LOG_FORMAT": "json",
        "LIMIT_CLIENT": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        **more,
    }


@contextmanager
def running(folder: Path, environment: Mapping[str, str]) -> Iterator[Container]:
    """Start the service as the image's user on a read-only root; at the end nothing of it is left."""
    container = started(folder, environment)
    try:
        yield container
    finally:
        container.process.poll()
        left = container.processes()
        if container.process.returncode is None:
            container.process.send_signal(signal.SIGTERM)
        try:
            container.process.wait(25)
        finally:
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            container.process.wait(5)


def started(folder: Path, environment: Mapping[str, str]) -> Container:
    """Start it; the caller ends it."""
    for name in ("DATA_DIR", "DASHBOARDS_DIR"):
        _own(Path(environment[name]))
    with (folder / "run.log").open("ab") as out:
        process = subprocess.Popen(
            [*confined(folder), sys.executable, "-m", "backend_server.cli.main", "run"],
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment, "HOME": environment["DATA_DIR"]},
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=environment["DATA_DIR"],
            start_new_session=True,
        )
    return Container(process, environment, folder)


def confined(folder: Path) -> list[str]:
    """Return what runs a command as the image's user on a read-only root; without root we are a plain user already."""
    if os.geteuid() != 0:
        return []
    writable = [str(folder), "/tmp"]
    mounts = " && ".join(f"mount --bind {shlex.quote(path)} {shlex.quote(path)}" for path in writable)
    # The user may read whatever is there, as in the image; the tests' own folders are root's.
    reading = "-all,+dac_read_search"
    user = f"setpriv --reuid {USER} --regid {USER} --clear-groups --no-new-privs --securebits=+no_setuid_fixup"
    user += f" --inh-caps={reading} --ambient-caps={reading} --bounding-set={reading}"
    script = f'{mounts} && mount -o remount,bind,ro / && exec {user} -- "$@"'
    return ["unshare", "--mount", "--propagation", "private", "--", "sh", "-ec", script, "sh"]


def _own(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        os.chown(folder, USER, USER)


def _fake_home(folder: Path, port: int) -> Path:
    """Make a Grafana home whose server is the fake."""
    home = folder / "grafana-home"
    program = home / "bin" / "grafana"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(
        f"#!/bin/sh\nexec {shlex.quote(sys.executable)} -m tests.fakes.grafana --port {port} --csrf-always-check "
        '--time-scale 0.2 --provisioning "$GRAFANA_PROVISIONING_DIR"\n'
    )
    program.chmod(0o755)
    return home
