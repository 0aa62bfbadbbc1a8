"""Prepare, then every program under supervisor, in the foreground until asked to stop."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import IO, TYPE_CHECKING

import click

from backend_server.errors import DashwrightError
from backend_server.primitives.shipped import shipped
from backend_server.settings import LogFormat, Settings
from backend_server.settings.topology import STOPPING_FILE, behind_edge, public_place, run_folder, web_address

from .folders import make_folder
from .healthcheck import HEALTH_PATH, answers
from .locks import hold_lock
from .places import SUPERVISOR, end_all, held_places
from .port_holders import holder_of
from .ports import PortClaim, all_claims, check_ports
from .sockets import ensure_socket_path, listens
from .starting import READY_FILE
from .supervised import GRAFANA_ENVIRONMENT, LOG_JSON, LOG_VISITORS, PARENT, name_line
from .watchdog import FAILED_FILE, INSTANCE, RUN_PROCESS

if TYPE_CHECKING:
    from .prepare import Prepared

_READY_SECONDS = 180.0
# As supervisor writes it: time, four letters of level, text.
_SUPERVISORS_LINE = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ([A-Z]{4}) (.*)")
_LEVELS = {b"CRIT": "critical", b"ERRO": "error", b"WARN": "warning"}
_USERS_SECONDS = 180.0


def run_all(settings: Settings) -> int:
    """Run until asked to stop; returns the exit code: 0, or 1 when a program could not be kept running.

    Raises ConfigError before anything is made or started when this state is run already, or when a port cannot be had.
    """
    with free_to_start(settings):
        return run_here(settings)


@contextmanager
def free_to_start(settings: Settings, more: Sequence[PortClaim] = ()) -> Iterator[None]:
    """Hold the state, with nothing left of an earlier start and every port free, those of `more` too.

    Raises ConfigError, in one line, when that cannot be had.
    """
    with hold_state(settings):
        end_what_is_left(settings)
        check_ports([*all_claims(settings), *more])
        yield


def run_here(settings: Settings) -> int:
    """Prepare and run, as `run_all` does, while the caller holds the state (`free_to_start`)."""
    from .prepare import prepare_all  # late: a start that is refused is refused at once

    return _run_prepared(settings, prepare_all(settings))


def hold_state(settings: Settings) -> IO[str]:
    """Hold `DATA_DIR` for one `run` until the answer is closed; raises ConfigError when another one holds it."""
    folder = run_folder(settings)
    make_folder(settings.data_dir, private=True)
    make_folder(folder)
    return hold_lock(
        folder / "run.lock",
        f"Dashwright runs on DATA_DIR {settings.data_dir} already; stop that one, or set DATA_DIR to another folder",
    )


def end_what_is_left(settings: Settings) -> None:
    """End the programs that a killed `run` left behind; to be called while the state is held."""
    left = held_places(run_folder(settings))
    if left:
        names = ", ".join(one.name for one in left)
        as_json = settings.log_format is LogFormat.JSON
        _say(f"An earlier start was killed; ending what is left of it: {names}", as_json=as_json)
        end_all(left)


def _run_prepared(settings: Settings, prepared: Prepared) -> int:
    from .prepare import tell_warnings

    as_json = settings.log_format is LogFormat.JSON
    tell_warnings(prepared, as_json=as_json)
    folder = run_folder(settings)
    failed, stopping = folder / FAILED_FILE, folder / STOPPING_FILE
    # What programs did under an earlier supervisor says nothing of these ones.
    for left in (failed, stopping, folder / READY_FILE, *folder.glob("*.starts")):
        left.unlink(missing_ok=True)
    environment = {**os.environ, **environment_of(settings, prepared, folder)}
    _write_client_file(settings, environment["DASHWRIGHT_SOCKET"])
    command = [
        *(sys.executable, "-m", "backend_server.runtime.supervised", SUPERVISOR, "--"),
        *supervisor_command(),
        "-n",
        "-c",
        str(shipped("config", "supervisor") / "supervisord.conf"),
    ]
    # Through a pipe: supervisor opens its own output again for each program, which would overwrite a file.
    supervisor = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        process_group=0,  # by which it can be ended, whatever became of us
    )
    assert supervisor.stdout is not None
    threading.Thread(target=_copy, args=(supervisor.stdout, as_json), name="output", daemon=True).start()

    def end(_number: int, _frame: FrameType | None) -> None:
        stopping.touch()
        with contextlib.suppress(ProcessLookupError):
            supervisor.send_signal(signal.SIGTERM)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end)
    start = _Start(settings, prepared, environment[INSTANCE], lambda: end(0, None))
    threading.Thread(target=start.watch, name="ready", daemon=True).start()
    code = _wait_and_reap(supervisor.pid)
    end_all(held_places(folder))  # nothing, unless supervisor was killed
    if failed.exists():
        reason = failed.read_text(encoding="utf-8")
    elif code in (0, -signal.SIGTERM):
        return 0
    else:
        reason = (
            f"supervisor was ended by {signal.Signals(-code).name}" if code < 0 else f"supervisor ended with {code}"
        )
    _say(f"Stopped: {reason}.", as_json=as_json, level="error")
    return 1


def environment_of(settings: Settings, prepared: Prepared, folder: Path) -> dict[str, str]:
    """Return the variables supervisord.conf names, and Grafana's."""
    grafana = "false"
    if settings.own_grafana:
        from .programs.grafana import grafana_command

        grafana = shlex.join(grafana_command(settings))
    return {
        GRAFANA_ENVIRONMENT: json.dumps(prepared.grafana_environment),
        "DASHWRIGHT_RUN": str(folder),
        "DASHWRIGHT_SOCKET": str(ensure_socket_path(folder, "supervisor.sock")),
        "DASHWRIGHT_PYTHON": sys.executable,
        "DASHWRIGHT_WEB": web_address(settings),
        "DASHWRIGHT_PUBLIC": public_place(settings),
        "DASHWRIGHT_GRAFANA": grafana,
        "DASHWRIGHT_PROMETHEUS": shlex.join(prepared.prometheus_command) or "false",
        "DASHWRIGHT_RUNS_GRAFANA": _word(settings.own_grafana),
        "DASHWRIGHT_RUNS_PROMETHEUS": _word(bool(prepared.prometheus_command)),
        "DASHWRIGHT_RUNS_EDGE": _word(behind_edge(settings)),
        LOG_JSON: "1" if settings.log_format is LogFormat.JSON else "0",
        LOG_VISITORS: "1" if settings.log_visitors else "0",
        INSTANCE: secrets.token_hex(16),
        PARENT: str(os.getpid()),
        RUN_PROCESS: str(os.getpid()),
        "PYTHONUNBUFFERED": "1",
    }


def supervisor_command() -> list[str]:
    """Return the command that starts supervisord with this Python; started by root, everything runs as root."""
    as_root = ["-u", "root"] if os.geteuid() == 0 else []
    return [sys.executable, "-m", "supervisor.supervisord", *as_root]


def public_address(settings: Settings) -> str:
    """Return the address to open."""
    return settings.base_url or settings.own_base


def _copy(source: IO[bytes], as_json: bool) -> None:
    """Forward the programs' lines, which name themselves, and supervisor's own in the same form."""
    for line in source:
        own = _SUPERVISORS_LINE.fullmatch(line.rstrip())
        if own:
            level, text = _LEVELS.get(own[1], "info"), own[2].decode("utf-8", "replace")
            named = name_line("supervisor", text, as_json=as_json, now=datetime.now(UTC), level=level)
            line = named.encode() + b"\n"  # noqa: PLW2901  # the same line in another form
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()


def _say(text: str, *, as_json: bool, level: str = "info") -> None:
    """Print to a person's terminal, or log where programs read it."""
    line = name_line("run", text, as_json=True, now=datetime.now(UTC), level=level) if as_json else text
    click.echo(line, err=level == "error" and not as_json)


def _word(value: bool) -> str:
    return "true" if value else "false"


def _write_client_file(settings: Settings, socket: str) -> None:
    """Write the file by which `supervisorctl status` works in DATA_DIR without options."""
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


@dataclass(frozen=True, slots=True)
class _Start:
    """Watches a start until it has succeeded: every program is ours, and answers."""

    settings: Settings
    prepared: Prepared
    instance: str
    end: Callable[[], None]

    def watch(self) -> None:
        """Print the address once the service answers, and create Grafana's users once Grafana does.

        A start of which nobody ever listens ends everything: where supervisor cannot start one program it may be
        unable to start the one that watches, too. So does one in whose place somebody else answers.
        """
        web, public = web_address(self.settings), public_place(self.settings)
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            # `web` first and directly: asking through the edge before would fill its log with refusals.
            if all(answers(place, HEALTH_PATH, 2.0, instance=self.instance) for place in dict.fromkeys((web, public))):
                self._say_so()
                break
            time.sleep(0.3)
        else:
            reason = self._why_not(web, public)
            if reason:
                (run_folder(self.settings) / FAILED_FILE).write_text(reason, encoding="utf-8")
                self.end()
                return
        if self.settings.own_grafana:
            _make_users(self.settings)

    def _say_so(self) -> None:
        from .prepare import show_once

        as_json = self.settings.log_format is LogFormat.JSON
        (run_folder(self.settings) / READY_FILE).touch()
        show_once(self.settings, self.prepared, as_json=as_json)
        _say(f"Dashwright is ready: open {public_address(self.settings)}", as_json=as_json)

    def _why_not(self, web: str, public: str) -> str:
        if not listens(web):
            return f"nothing answered within {_READY_SECONDS:g} seconds"
        if answers(public, HEALTH_PATH, 2.0) and not answers(public, HEALTH_PATH, 2.0, instance=self.instance):
            return f"at {public} answers {holder_of(self.settings.port) or 'something'}, and not this service"
        return ""


def _make_users(settings: Settings) -> None:
    from .prepare import make_grafana_users

    deadline = time.monotonic() + _USERS_SECONDS
    while True:
        try:
            make_grafana_users(settings)
        except DashwrightError as fault:
            if time.monotonic() > deadline:
                as_json = settings.log_format is LogFormat.JSON
                _say(f"Grafana's users could not be made: {fault.message}", as_json=as_json, level="error")
                return
            time.sleep(1)
        else:
            return
