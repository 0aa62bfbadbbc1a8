"""Real programs in tests: free ports, waiting, and an end that is an end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOKEN = "dw_test_token_of_the_process_tests"


def free_ports(count: int) -> list[int]:
    """Return ports nobody listens on; held open together, so that they differ."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in held]
    for one in held:
        one.close()
    return ports


def environment_for(folder: Path, **more: str) -> dict[str, str]:
    """Return the settings of a service without Grafana, on free ports and with folders of the test's own."""
    port, web, poller, prometheus = free_ports(4)
    return {
        "DATA_DIR": str(folder / "data"),
        "DASHBOARDS_DIR": str(folder / "dashboards"),
        "PORT": str(port),
        "WEB_PORT": str(web),
        "POLLER_PORT": str(poller),
        "PROMETHEUS_URL": f"http://127.0.0.1:{prometheus}",
        "API_TOKEN": TOKEN,
        "ADMIN_PASSWORD": "correct horse battery staple",
        "LISTEN": "127.0.0.1",
        "SCRAPE_INTERVAL": "1s",
        **more,
    }


def until(holds: Callable[[], object], seconds: float, *, what: str) -> None:
    """Wait until something holds; an error in asking counts as not yet."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if holds():
                return
        except (OSError, urllib.error.URLError):
            pass
        assert time.monotonic() < deadline, f"{what}: not within {seconds:g} s"
        time.sleep(0.1)


def get(url: str, *, token: str | None = None) -> tuple[int, bytes]:
    """Ask and give status and body, whatever the status."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as fault:
        with fault:
            return fault.code, fault.read()


@contextmanager
def dashwright(
    arguments: Sequence[str], environment: Mapping[str, str], *, log: Path, stop_seconds: float = 25
) -> Iterator[subprocess.Popen[bytes]]:
    """Run the command line in a process group of its own; at the end nothing of the group is left."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "backend_server.cli.main", *arguments],
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'clients' / 'python'}", **environment},
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(stop_seconds)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait(5)


def children_of(pid: int) -> list[tuple[int, str]]:
    """Return every process below one, with its command."""
    found: list[tuple[int, str]] = []
    todo = [pid]
    while todo:
        parent = todo.pop()
        with suppress(OSError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                for child in map(int, (task / "children").read_text().split()):
                    command = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
                    found.append((child, command))
                    todo.append(child)
    return found
