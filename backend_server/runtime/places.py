"""The place of each program of a state: held for as long as one of its processes lives, so that none is left behind.

A place is a locked file in `DATA_DIR/run/programs` that names the program's process group. The lock goes on to
whatever the program starts and ends with the last of them, however they end. So whoever comes next (the starter after a
crash, `run` after a kill) knows for certain whether something is left, and ends just that. On Linux a program is also
told at once when the process that started it dies.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from backend_server.errors import ConfigError

SUPERVISOR = "supervisor"
WATCH = "watch"
_FOLDER = "programs"
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
# Supervisor stops nginx first and then all others: less than twenty seconds. A program by itself takes less than nine.
_PATIENCE_SECONDS = {SUPERVISOR: 20.0}
_PATIENCE_OF_OTHERS_SECONDS = 9.0
_KILLED_SECONDS = 5.0
_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Held:
    """A program of which something still lives."""

    name: str
    path: Path
    group: int

    def end(self, number: int) -> None:
        """Send the whole group a signal."""
        # Never our own: a place that names it was taken over by us this moment.
        if self.group > 1 and self.group != os.getpgrp():
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.group, number)


def take_place(folder: Path, name: str) -> int:
    """Hold the program's place from here on, ending what is left of its predecessor; gives the lock's descriptor.

    Whatever this process becomes keeps it; a child gets it with `pass_fds`.
    """
    path = folder / _FOLDER / f"{name}.lock"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    while (lock := _locked(path)) is None:
        end_all([_held(name, path)])
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())
    os.set_inheritable(lock, True)
    return lock


def held_places(folder: Path, *, but: Iterable[str] = ()) -> list[Held]:
    """Return the programs of this state of which something lives."""
    found = []
    for path in sorted((folder / _FOLDER).glob("*.lock")):
        if path.stem in but:
            continue
        lock = _locked(path)
        if lock is None:
            found.append(_held(path.stem, path))
        else:
            os.close(lock)
    return found


def end_all(held: Iterable[Held]) -> None:
    """End programs and everything they started; raises ConfigError when one cannot be ended.

    Supervisor goes first and ends the others in their order; without it they are all told at once.
    """
    ordered = sorted(held, key=lambda one: one.name != SUPERVISOR)
    leaders = [one for one in ordered if one.name == SUPERVISOR]
    for some in (leaders, [one for one in ordered if one.name != SUPERVISOR]):
        _end_some(some)


def end_with_parent(signal_number: int = signal.SIGTERM) -> Callable[[], None]:
    """Return what a child calls, after its fork, to be told when its parent dies; it does nothing but on Linux."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None) if sys.platform == "linux" else None

    def told() -> None:
        if prctl is not None:
            prctl(_PR_SET_PDEATHSIG, signal_number)

    return told


def lives(pid: int) -> bool:
    """Whether there is a process of this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _end_some(held: list[Held]) -> None:
    if not held:
        return
    left = held
    for number, seconds in (
        (signal.SIGTERM, max(_PATIENCE_SECONDS.get(one.name, _PATIENCE_OF_OTHERS_SECONDS) for one in held)),
        (signal.SIGKILL, _KILLED_SECONDS),
    ):
        for one in left:
            one.end(number)
        deadline = time.monotonic() + seconds
        while left and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
            left = [one for one in left if _is_held(one)]
    if left:
        names = ", ".join(f"{one.name} (process {one.group})" for one in left)
        raise ConfigError(f"An earlier start left programs behind that cannot be ended: {names}. End them by hand.")


def _is_held(one: Held) -> bool:
    """Whether the same one still lives; a successor's place is not its own."""
    lock = _locked(one.path)
    if lock is not None:
        os.close(lock)
        return False
    return _group_of(one.path) == one.group


def _held(name: str, path: Path) -> Held:
    return Held(name, path, _group_of(path))


def _group_of(path: Path) -> int:
    with suppress(OSError, ValueError):
        return int(path.read_text(encoding="ascii"))
    return 0


def _locked(path: Path) -> int | None:
    """Return the locked file; None while another holds it."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock
