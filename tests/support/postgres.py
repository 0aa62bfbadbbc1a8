"""A real PostgreSQL of our own for the tests: made in a temporary folder, on a free loopback port, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

_BINARIES = Path("/usr/lib/postgresql")


class Postgres:
    """A running server; `make_database()` gives a fresh database as a copy of a template, in milliseconds."""

    def __init__(self, port: int, folder: Path, binaries: Path, user: str) -> None:
        self.port = port
        self.folder = folder
        self._binaries = binaries
        self._user = user
        self._made = 0
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{self._user}@127.0.0.1:{self.port}/{database}"

    def make_database(self, template: str | None = None) -> str:
        """Make a database and give its name."""
        self._made += 1
        name = f"test_{os.getpid()}_{self._made}"
        self._admin(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
        return name

    def drop_database(self, name: str) -> None:
        self._admin(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _admin(self, statement: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)

    def start(self) -> None:
        log = (self.folder / "log").open("ab")
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
            "fsync": "off",  # the tests end processes, never the machine
            "full_page_writes": "off",
            "max_connections": "120",
            "shared_buffers": "32MB",
            "jit": "off",
        }
        arguments = [str(self._binaries / "postgres"), "-D", str(self.folder / "data")]
        for name, value in options.items():
            arguments += ["-c", f"{name}={value}"]
        self._process = subprocess.Popen(arguments, stdout=log, stderr=log, stdin=subprocess.DEVNULL, **_as_user())
        log.close()
        deadline = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.url(), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    self.stop()
                    raise RuntimeError((self.folder / "log").read_text(errors="replace")[-2000:]) from None
                time.sleep(0.05)

    def stop(self, *, how: int = signal.SIGINT) -> None:
        """End the server: SIGINT is its fast shutdown, SIGQUIT its crash."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(30)
        self._process = None


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Start a server for as long as the block runs."""
    versions = sorted(_BINARIES.glob("*/bin"), key=lambda path: int(path.parent.name))
    if not versions:
        raise RuntimeError("The tests need PostgreSQL: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="dw-pg-", dir="/tmp"))  # short: the socket's path has a limit
    try:
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        subprocess.run(
            [
                versions[-1] / "initdb",
                "-D",
                folder / "data",
                "-U",
                "dashwright",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "-N",
                "--locale=C",
            ],
            check=True,
            capture_output=True,
            cwd=folder,
            **_as_user(),
        )
        server = Postgres(_free_port(), folder, versions[-1], "dashwright")
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as_user() -> dict[str, Any]:
    # The server refuses to run as root.
    if os.getuid() != 0:
        return {}
    owner = pwd.getpwnam("postgres")
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
