"""Sockets that programs of ours listen on, and whether somebody does.

An address is `HOST:PORT` or `unix:PATH`. Little is imported: the starter of each program uses it.
"""

from __future__ import annotations

import errno
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from backend_server.errors import ConfigError
from backend_server.primitives.socket_paths import socket_path

from .locks import hold_lock

UNIX = "unix:"
EVERYWHERE = "::"
_PATIENCE_SECONDS = 5.0  # in which a predecessor that was killed lets go
_TRY_AGAIN_SECONDS = 0.2
_BACKLOG = 2048


@dataclass(frozen=True, slots=True)
class Listening:
    """A bound socket, and what keeps others from taking its place; hold it as long as somebody is to be answered."""

    socket: socket.socket
    lock: IO[str] | None = None

    def close(self) -> None:
        """Stop listening and let others take the place."""
        self.socket.close()
        if self.lock is not None:
            self.lock.close()


def ensure_socket_path(folder: Path, name: str) -> Path:
    """Return where a socket of the folder lies (`socket_path`), with that place made.

    Raises ConfigError when the place below the temporary files is another user's.
    """
    path = socket_path(folder, name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.parent != folder and path.parent.stat().st_uid != os.geteuid():
        raise ConfigError(
            f"The folder {path.parent} belongs to another user, so no socket can be put there; remove it."
        )
    return path


def bind_unix(folder: Path, name: str) -> Listening:
    """Bind a unix socket that this user alone may open, replacing one that a killed process left behind.

    Raises ConfigError while another process listens there.
    """
    path = ensure_socket_path(folder, name)
    lock = hold_lock(
        path.with_name(f"{path.name}.lock"),
        f"Another process listens on {path} already",
        patience_seconds=_PATIENCE_SECONDS,
    )
    path.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        bound.bind(str(path))
        bound.listen(_BACKLOG)
    finally:
        os.umask(before)
    return Listening(bound, lock)


def bind_tcp(host: str, port: int, refused: Callable[[OSError], str]) -> Listening:
    """Bind a port, waiting a little for a predecessor's end; raises ConfigError in the words of `refused`."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return Listening(_listening(host, port))
        except OSError as fault:
            if fault.errno != errno.EADDRINUSE or time.monotonic() >= deadline:
                raise ConfigError(refused(fault)) from fault
        time.sleep(_TRY_AGAIN_SECONDS)


def listen_addresses(host: str) -> tuple[str, ...]:
    """Return the addresses that a host to listen on means: `::` is all of both families, each with a socket of its own.

    One socket for both would name an IPv4 visitor `::ffff:…`, which no list of networks holds. A machine without IPv6
    has the other family alone.
    """
    if host != EVERYWHERE:
        return (host,)
    return ("0.0.0.0", EVERYWHERE) if _has_ipv6() else ("0.0.0.0",)


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as tried:
            tried.bind((EVERYWHERE, 0))
    except OSError:
        return False
    return True


def try_port(host: str, port: int) -> None:
    """Raise OSError when a program could not listen on this port now."""
    _listening(host, port).close()


def connect(address: str, timeout_seconds: float) -> socket.socket:
    """Connect to an address; raises OSError when nobody listens there."""
    if address.startswith(UNIX):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(timeout_seconds)
        try:
            connection.connect(address.removeprefix(UNIX))
        except OSError:
            connection.close()
            raise
        return connection
    host, _, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=timeout_seconds)


def listens(address: str, timeout_seconds: float = 2.0) -> bool:
    """Whether somebody listens at an address."""
    try:
        connect(address, timeout_seconds).close()
    except OSError:
        return False
    return True


def _listening(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if bound.family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind((host, port))
        bound.listen(_BACKLOG)  # of two programs bound to one address the second is refused only here
    except OSError:
        bound.close()
        raise
    return bound
