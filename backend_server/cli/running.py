"""`dashwright run`: prepare, then every program under supervisor, in the foreground until told to stop."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType
from typing import IO

import click

from backend_server.cli.grafana_program import grafana_command
from backend_server.cli.preparing import Prepared, make_grafana_users, prepare_all, tell
from backend_server.cli.surroundings import current_settings
from backend_server.cli.watching import FAILED_FILE
from backend_server.errors import DashwrightError
from backend_server.settings import Settings
from backend_server.shipped import shipped
from backend_server.web.server import behind_edge

_LONGEST_SOCKET_PATH = 100
_READY_SECONDS = 120.0
_USERS_SECONDS = 180.0


@click.command()
def run() -> None:
    """Prepare and run everything in the foreground; Ctrl-C or SIGTERM stops it within 20 seconds."""
    sys.exit(run_all(current_settings()))


def run_all(settings: Settings, *, extra_programs: Path | None = None) -> int:
    """Run until told to stop; gives the exit code: 0, or 1 when a program could not be kept running."""
    prepared = prepare_all(settings)
    tell(prepared)
    folder = (settings.data_dir / "run").resolve()
    failed = folder / FAILED_FILE
    failed.unlink(missing_ok=True)
    environment = {**os.environ, **environment_of(settings, prepared, folder)}
    _write_client_file(settings, environment["DASHWRIGHT_SOCKET"])
    command = [
        *supervisor_command(),
        "-n",
        "-c",
        str(extra_programs or shipped("config", "supervisor") / "supervisord.conf"),
    ]
    # Through a pipe: supervisor opens its own output anew for each program, which would overwrite a file.
    supervisor = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert supervisor.stdout is not None
    threading.Thread(target=_copy, args=(supervisor.stdout,), name="output", daemon=True).start()

    def end(_number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            supervisor.send_signal(signal.SIGTERM)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end)
    _when_ready(settings)
    code = _wait_and_reap(supervisor.pid)
    if failed.exists():
        click.echo(f"Stopped: {failed.read_text(encoding='utf-8')}.", err=True)
        return 1
    return 0 if code in (0, -signal.SIGTERM) else 1


def environment_of(settings: Settings, prepared: Prepared, folder: Path) -> dict[str, str]:
    """Give the variables supervisord.conf names, and Grafana's."""
    grafana = shlex.join(grafana_command(settings)) if settings.grafana_home else "false"
    return {
        **prepared.grafana_environment,
        "DASHWRIGHT_RUN": str(folder),
        "DASHWRIGHT_SOCKET": str(_socket_path(folder)),
        "DASHWRIGHT_PYTHON": sys.executable,
        "DASHWRIGHT_WEB": f"127.0.0.1:{settings.web_port if behind_edge(settings) else settings.port}",
        "DASHWRIGHT_GRAFANA": grafana,
        "DASHWRIGHT_PROMETHEUS": shlex.join(prepared.prometheus_command) or "false",
        "DASHWRIGHT_RUNS_GRAFANA": _word(settings.grafana_home is not None),
        "DASHWRIGHT_RUNS_PROMETHEUS": _word(bool(prepared.prometheus_command)),
        "DASHWRIGHT_RUNS_EDGE": _word(behind_edge(settings)),
        "PYTHONUNBUFFERED": "1",
    }


def supervisor_command() -> list[str]:
    """Give what starts supervisord with this Python; started by root, everything is meant to run as root."""
    as_root = ["-u", "root"] if os.geteuid() == 0 else []
    return [sys.executable, "-m", "supervisor.supervisord", *as_root]


def public_address(settings: Settings) -> str:
    """Give the address to open."""
    return settings.base_url or f"http://127.0.0.1:{settings.port}"


def _copy(source: IO[bytes]) -> None:
    for line in source:
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()


def _word(value: bool) -> str:
    return "true" if value else "false"


def _socket_path(folder: Path) -> Path:
    """Give supervisor's socket: in the run folder, or beside the temporary files where that path would be too long."""
    path = folder / "supervisor.sock"
    if len(str(path)) <= _LONGEST_SOCKET_PATH:
        return path
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    private = Path(tempfile.gettempdir()) / f"dashwright-{os.geteuid()}-{name}"
    private.mkdir(mode=0o700, exist_ok=True)
    if private.stat().st_uid != os.geteuid():
        raise PermissionError(f"{private} belongs to somebody else")
    return private / "supervisor.sock"


def _write_client_file(settings: Settings, socket: str) -> None:
    """Let `supervisorctl status` work in DATA_DIR without options."""
    (settings.data_dir / "supervisord.conf").write_text(
        "; Written by `dashwright run` for supervisorctl.\n"
        f"[supervisorctl]\nserverurl=unix://{socket}\nusername=local\npassword=local\n",
        encoding="utf-8",
    )


def _wait_and_reap(pid: int) -> int:
    """Wait for supervisor; as process 1 of a container also for every orphan, or zombies would gather."""
    while True:
        try:
            ended, status = os.wait()
        except InterruptedError:
            continue
        except ChildProcessError:
            return 0
        if ended == pid:
            return os.waitstatus_to_exitcode(status)


def _when_ready(settings: Settings) -> None:
    """Say the address once the service answers, and make Grafana's users once Grafana does."""

    ports = (settings.web_port, settings.port) if behind_edge(settings) else (settings.port,)

    def watch() -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            # `web` first and directly: asking through the edge before would fill its log with refusals.
            if all(_answers(f"http://127.0.0.1:{port}/server/health") for port in ports):
                click.echo(f"Dashwright is ready: open {public_address(settings)}")
                break
            time.sleep(0.3)
        if settings.grafana_home is not None:
            _make_users(settings)

    threading.Thread(target=watch, name="ready", daemon=True).start()


def _make_users(settings: Settings) -> None:
    deadline = time.monotonic() + _USERS_SECONDS
    while True:
        try:
            make_grafana_users(settings)
        except DashwrightError as fault:
            if time.monotonic() > deadline:
                click.echo(f"Grafana's users could not be made: {fault.message}", err=True)
                return
            time.sleep(1)
        else:
            return


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  # our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
