"""Who listens on a port of this machine, where that can be known: on Linux, among the processes this user may read."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_LISTENING = "0A"  # include/net/tcp_states.h
_FOLDER_VARIABLE = b"DASHWRIGHT_RUN="
_LONGEST_COMMAND = 80


def holder_of(port: int) -> str | None:
    """Return who listens there, in words: another Dashwright by its state, anybody else by process and command."""
    pid = _process_with(_sockets_on(port))
    if pid is None:
        return None
    folder = _run_folder_of(pid)
    if folder is None:
        return f"process {pid} ({_command_of(pid)})"
    with suppress(OSError, ValueError):
        return f"the Dashwright on DATA_DIR {folder.parent} (process {int((folder / 'run.lock').read_text())})"
    return f"the Dashwright on DATA_DIR {folder.parent} (process {pid})"


def _sockets_on(port: int) -> set[str]:
    """Return the inodes of the sockets that listen on a port, of whatever address."""
    found = set()
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (_PROC / "net" / table).read_text(encoding="ascii").splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                    found.add(f"socket:[{fields[9]}]")
    return found


def _process_with(sockets: set[str]) -> int | None:
    """Return the oldest process that holds one of the sockets."""
    if not sockets:
        return None
    for pid in sorted(int(one.name) for one in _PROC.iterdir() if one.name.isdigit()):
        with suppress(OSError):
            for handle in (_PROC / str(pid) / "fd").iterdir():
                with suppress(OSError):
                    if os.readlink(handle) in sockets:
                        return pid
    return None


def _run_folder_of(pid: int) -> Path | None:
    """Return the run folder of a program of ours; nginx writes over its environment, so its starter is asked too.

    `run` itself holds ports too (the demo's): its children have what it set for them.
    """
    for asked in (pid, _parent_of(pid), *_children_of(pid)):
        with suppress(OSError):
            for variable in (_PROC / str(asked) / "environ").read_bytes().split(b"\0"):
                if variable.startswith(_FOLDER_VARIABLE):
                    return Path(os.fsdecode(variable.removeprefix(_FOLDER_VARIABLE)))
    return None


def _parent_of(pid: int) -> int:
    with suppress(OSError, ValueError, IndexError):
        return int((_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    return 0


def _children_of(pid: int) -> list[int]:
    with suppress(OSError, ValueError):
        return [int(child) for child in (_PROC / str(pid) / "task" / str(pid) / "children").read_text().split()]
    return []


def _command_of(pid: int) -> str:
    with suppress(OSError):
        words = (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
        shown = "".join(letter if letter.isprintable() else "?" for letter in words)
        return shown if len(shown) <= _LONGEST_COMMAND else f"{shown[: _LONGEST_COMMAND - 1]}…"
    return "?"
