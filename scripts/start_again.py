#!/usr/bin/env python3
"""Starts `dashwright demo` and `dashwright run` again and again, killing each at a random moment, and prints a table.

    .venv/bin/python scripts/start_again.py [--rounds 20] [--seed N] [--within 60]

A round is a start that is killed with SIGKILL at a random moment (`run` itself, supervisor, or both), then a start
that must be ready within the time, then a stop; some begin with no state at all. Afterwards each way in which a start
must be refused is tried: a taken port, a foreign server, a second start on the same state. Those have to end within two
seconds (`--refused-within`), with one line and not with exit code 0. Ends with 1 when anything was otherwise. Needs no
root; every process and port is its own.
"""

from __future__ import annotations

import argparse
import http.server
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PROGRAM = [sys.executable, "-m", "backend_server.cli.main"]
ROOT = Path(__file__).resolve().parents[1]
READY = {"run": "Dashwright is ready: open", "demo": "The demo is ready: open"}
LATEST_KILL_SECONDS = 25.0
LATEST_FIRST_KILL_SECONDS = 8.0  # while everything is made
FRESH_SHARE = 0.4


def say(line: str) -> None:
    """Print a line of the table at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def free_ports(count: int) -> list[int]:
    """Return the first of as many ports in a row that nobody has."""
    while True:
        first = random.SystemRandom().randrange(20_000, 30_000)
        held: list[socket.socket] = []
        try:
            held.extend(socket.create_server(("127.0.0.1", first + number)) for number in range(count))
        except OSError:
            continue
        finally:
            for one in held:
                one.close()
        return list(range(first, first + count))


class Service:
    """One state with ports of its own, started as often as is wanted."""

    def __init__(self, what: str, folder: Path) -> None:
        self.what, self.folder = what, folder
        port, poller, prometheus, host, *devices = free_ports(8)
        self.port = port
        self.environment = {
            "DATA_DIR": str(folder / "state"),
            "DASHBOARDS_DIR": str(folder / "dashboards"),
            "PORT": str(port),
            "POLLER_PORT": str(poller),
            "PROMETHEUS_URL": f"http://127.0.0.1:{prometheus}",
            "OWN_PROMETHEUS": "true",
            "LISTEN": "127.0.0.1",
        }
        self.options = ["--host-port", str(host), "--device-port", str(devices[0]), "--stays", "4", "--away", "6"]

    @contextmanager
    def started(self, log: Path, **more: str) -> Iterator[subprocess.Popen[bytes]]:
        """Start it; it has ended at the end."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        arguments = [self.what, *(self.options if self.what == "demo" else [])]
        with log.open("wb") as out:
            process = subprocess.Popen(
                [*PROGRAM, *arguments],
                env={**kept, "PYTHONPATH": f"{ROOT}:{ROOT / 'clients' / 'python'}", **self.environment, **more},
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                process_group=0,
            )
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)
                    with suppress(subprocess.TimeoutExpired):
                        process.wait(60)
                process.kill()
                process.wait()

    def supervisor(self) -> int | None:
        """Return the process of supervisor, once there is one."""
        with suppress(OSError, ValueError):
            return int((self.folder / "state" / "run" / "programs" / "supervisor.lock").read_text())
        return None


def kill(service: Service, process: subprocess.Popen[bytes], victim: str) -> None:
    """Kill what a round is about."""
    supervisor = service.supervisor()
    if victim != "run" and supervisor is not None:
        with suppress(ProcessLookupError):
            os.kill(supervisor, signal.SIGKILL)
    if victim != "supervisor" or supervisor is None:
        process.kill()


def one_round(service: Service, moment: float, victim: str, within: float) -> tuple[float | None, str]:
    """Start, kill, start again; gives the seconds until that was ready, and what is to be said."""
    log = service.folder / "round.log"
    with service.started(service.folder / "killed.log") as process:
        with suppress(subprocess.TimeoutExpired):
            process.wait(moment)
        kill(service, process, victim)
        with suppress(subprocess.TimeoutExpired):
            process.wait(60)
    began = time.monotonic()
    with service.started(log) as process:
        while True:
            told = log.read_text(errors="replace")
            if READY[service.what] in told:
                seconds = time.monotonic() - began
                break
            if process.poll() is not None:
                return None, f"ended with {process.returncode}: {told.strip().splitlines()[-1:]}"
            if time.monotonic() - began > within:
                return None, f"not ready: {told.strip().splitlines()[-2:]}"
            time.sleep(0.05)
    told = log.read_text(errors="replace")
    return seconds, "a traceback in the log" if "Traceback" in told else ""


def refused(service: Service, seconds: float, what: str, **more: str) -> tuple[str, str]:
    """Start what must be refused; gives a row."""
    log = service.folder / "refused.log"
    began = time.monotonic()
    with service.started(log, **more) as process:
        with suppress(subprocess.TimeoutExpired):
            process.wait(60)
        took = time.monotonic() - began
        code = process.poll()
    lines = log.read_text(errors="replace").strip().splitlines()
    faults = []
    if code in (None, 0):
        faults.append(f"exit code {code}")
    if took > seconds:
        faults.append(f"took {took:.1f} s")
    if len(lines) != 1 or "set " not in lines[0]:
        faults.append(f"{len(lines)} lines")
    return f"{service.what} {what}: {took:.2f} s, exit code {code}: {' / '.join(lines)[:200]}", ", ".join(faults)


class _Foreign(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer whatever is asked as if all were well."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status": "ready"}')

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
        """Say nothing."""


def refusals(service: Service, other: Service, within: float, seconds: float) -> Iterator[tuple[str, str]]:
    """Try every way in which a start must be refused."""
    with socket.create_server(("127.0.0.1", service.port)):
        yield refused(service, seconds, "with the port taken")
    foreign = http.server.ThreadingHTTPServer(("127.0.0.1", service.port), _Foreign)
    thread = threading.Thread(target=foreign.serve_forever, daemon=True)
    thread.start()
    yield refused(service, seconds, "with a foreign server there")
    foreign.shutdown()
    foreign.server_close()
    log = service.folder / "first.log"
    with service.started(log) as process:
        deadline = time.monotonic() + within
        while READY[service.what] not in log.read_text(errors="replace") and time.monotonic() < deadline:
            if process.poll() is not None:
                break
            time.sleep(0.1)
        yield refused(service, seconds, "twice on one state")
        yield refused(other, seconds, "of another state on the same ports", **ports_of(service))


def ports_of(service: Service) -> dict[str, str]:
    """Return the settings that name a service's ports."""
    return {name: service.environment[name] for name in ("PORT", "POLLER_PORT", "PROMETHEUS_URL")}


def main() -> int:
    """Run the rounds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--within", type=float, default=60.0, help="seconds in which a start must be ready")
    parser.add_argument("--refused-within", type=float, default=2.0)
    parser.add_argument("--what", choices=["run", "demo", "both"], default="both")
    given = parser.parse_args()
    say(f"seed {given.seed}")
    chance = random.Random(given.seed)  # noqa: S311  # no secret: it is printed
    failed = 0
    with tempfile.TemporaryDirectory(prefix="start-again-") as place:
        for what in ("run", "demo") if given.what == "both" else (given.what,):
            folders = [Path(place) / what, Path(place) / f"{what}-other"]
            for folder in folders:
                folder.mkdir()
            service, other = (Service(what, folder) for folder in folders)
            for number in range(1, given.rounds + 1):
                moment = chance.uniform(0.0, LATEST_KILL_SECONDS)
                victim = chance.choice(["run", "supervisor", "run and supervisor"])
                fresh = number == 1 or chance.random() < FRESH_SHARE
                if fresh:  # as a newcomer's first start is
                    for old in ("state", "dashboards"):
                        shutil.rmtree(service.folder / old, ignore_errors=True)
                    moment = chance.uniform(0.0, LATEST_FIRST_KILL_SECONDS)
                seconds, note = one_round(service, moment, victim, given.within)
                failed += seconds is None or bool(note)
                shown = "–" if seconds is None else f"{seconds:5.1f} s"
                which = "first start" if fresh else "later start"
                say(f"{what} {number:2}  {victim:18} {which} killed at {moment:4.1f} s  ready {shown}  {note}")
            for row, fault in refusals(service, other, given.within, given.refused_within):
                failed += bool(fault)
                say(f"{row}{'  FAILED: ' + fault if fault else ''}")
    say(f"{failed} failed" if failed else "all as it should be")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
