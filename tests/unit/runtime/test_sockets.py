"""Sockets that programs listen on: for this user alone, never taken from one who lives, always from one who died."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from backend_server.errors import ConfigError
from backend_server.runtime import sockets
from backend_server.runtime.healthcheck import answers
from backend_server.runtime.locks import hold_lock
from backend_server.runtime.sockets import bind_tcp, bind_unix, connect, ensure_socket_path, listens
from tests.support.processes import ROOT, free_ports

_HOLDER = """
import sys, time
from pathlib import Path
from backend_server.runtime.sockets import bind_unix
held = bind_unix(Path(sys.argv[1]), "web.sock")
print("listening", flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "_PATIENCE_SECONDS", 0.3)


def start_holder(folder: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(folder)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"listening\n"
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait(5)
    assert process.stdout is not None
    process.stdout.close()


def test_everywhere_is_both_families_and_one_where_there_is_no_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sockets.listen_addresses("::") == ("0.0.0.0", "::")
    assert sockets.listen_addresses("0.0.0.0") == ("0.0.0.0",)
    assert sockets.listen_addresses("::1") == ("::1",)
    real = socket.socket

    def without_ipv6(family: int = -1, *more: int, **named: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(97, "Address family not supported by protocol")
        return real(family, *more, **named)

    monkeypatch.setattr(socket, "socket", without_ipv6)
    assert sockets.listen_addresses("::") == ("0.0.0.0",)


def test_both_families_share_a_port_and_each_is_tried() -> None:
    (port,) = free_ports(1)
    with closing(bind_tcp("0.0.0.0", port, str)), closing(bind_tcp("::", port, str)):
        assert listens(f"127.0.0.1:{port}")
        assert listens(f"[::1]:{port}")


def test_a_unix_socket_is_for_this_user_alone(tmp_path: Path) -> None:
    with closing(bind_unix(tmp_path, "web.sock")):
        assert (tmp_path / "web.sock").stat().st_mode & 0o777 == 0o600
        assert listens(f"unix:{tmp_path / 'web.sock'}")
    assert not listens(f"unix:{tmp_path / 'web.sock'}")


def test_a_socket_of_one_who_lives_is_refused_and_that_of_one_who_was_killed_is_taken(tmp_path: Path) -> None:
    holder = start_holder(tmp_path)
    try:
        with pytest.raises(ConfigError, match=rf"listens on .*web\.sock already \(process {holder.pid}\)"):
            bind_unix(tmp_path, "web.sock")
        assert listens(f"unix:{tmp_path / 'web.sock'}"), "the other one still answers"
    finally:
        end(holder)
    assert (tmp_path / "web.sock").exists(), "a killed process leaves its socket behind"
    with closing(bind_unix(tmp_path, "web.sock")):
        assert listens(f"unix:{tmp_path / 'web.sock'}")


def test_a_path_that_is_too_long_for_a_socket_gives_way_to_a_private_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    deep = tmp_path / ("long" * 25)
    with closing(bind_unix(deep, "web.sock")):
        path = ensure_socket_path(deep, "web.sock")
        assert path.parent.parent == tmp_path
        assert path.parent.stat().st_mode & 0o777 == 0o700
        connect(f"unix:{path}", 1.0).close()
    assert ensure_socket_path(tmp_path / "short", "web.sock") == tmp_path / "short" / "web.sock"


def test_a_private_folder_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    deep = tmp_path / ("long" * 25)
    path = ensure_socket_path(deep, "web.sock")
    me = os.geteuid()
    monkeypatch.setattr("os.geteuid", lambda: me + 1)
    path.parent.rename(path.parent.with_name(path.parent.name.replace(f"-{me}-", f"-{me + 1}-")))
    with pytest.raises(ConfigError, match="belongs to another user"):
        ensure_socket_path(deep, "web.sock")


def test_a_taken_port_is_waited_for_a_little_and_then_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match="the words"):
            bind_tcp("127.0.0.1", port, lambda _: "the words")
    bind_tcp("127.0.0.1", port, lambda _: "the words").close()


def test_a_lock_lives_as_long_as_its_holder(tmp_path: Path) -> None:
    held = hold_lock(tmp_path / "lock", "It is held")
    with pytest.raises(ConfigError, match=rf"It is held \(process {os.getpid()}\)\."):
        hold_lock(tmp_path / "lock", "It is held")
    held.close()
    hold_lock(tmp_path / "lock", "It is held").close()


def test_nobody_answers_where_nobody_listens(tmp_path: Path) -> None:
    assert not answers(f"unix:{tmp_path / 'nowhere.sock'}", "/", 1.0)
    with closing(bind_unix(tmp_path, "silent.sock")):
        assert not answers(f"unix:{tmp_path / 'silent.sock'}", "/", 0.2)
