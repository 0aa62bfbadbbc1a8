"""Supervisor's event listener: ends everything when a program cannot be kept running, or `run` or supervisor died.

It leaves the reason in `DASHWRIGHT_RUN/failed`, from which `dashwright run` takes its exit code. The kernel tells
programs of a killed starter only on Linux, and some do not listen; this one ends them everywhere.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections import defaultdict, deque
from pathlib import Path
from typing import TextIO

from .places import WATCH, end_all, held_places, lives, take_place

RUN_PROCESS = "DASHWRIGHT_RUN_PROCESS"  # the number of `dashwright run`
INSTANCE = "DASHWRIGHT_INSTANCE"  # by which `run` knows its own programs' answers
FAILED_FILE = "failed"  # holds why everything ends
_MOST_DEATHS = 7
_WINDOW_SECONDS = 300.0
_LOOK_SECONDS = 1.0


class DeathCount:
    """Counts each program's unexpected ends; `most` within `window_seconds` are too many."""

    def __init__(self, most: int = _MOST_DEATHS, window_seconds: float = _WINDOW_SECONDS) -> None:
        self._most, self._window_seconds = most, window_seconds
        self._deaths: defaultdict[str, deque[float]] = defaultdict(deque)

    def verdict(self, event: str, program: str, *, expected: bool, now: float) -> str | None:
        """Return the reason to end everything; None to go on."""
        if event == "PROCESS_STATE_FATAL":
            return f"the program {program!r} cannot be started"
        if event != "PROCESS_STATE_EXITED" or expected:
            return None
        deaths = self._deaths[program]
        deaths.append(now)
        while now - deaths[0] > self._window_seconds:
            deaths.popleft()
        if len(deaths) < self._most:
            return None
        return f"the program {program!r} ended {len(deaths)} times within {self._window_seconds / 60:g} minutes"


def listen(source: TextIO, answers: TextIO, count: DeathCount) -> str:
    """Handle supervisor's events until one is a reason to end; "" when supervisor itself went away."""
    while True:
        answers.write("READY\n")
        answers.flush()
        head = source.readline()
        if not head:
            return ""
        header = _pairs(head)
        payload = _pairs(source.read(int(header["len"])))
        reason = count.verdict(
            header["eventname"],
            payload.get("processname", "?"),
            expected=payload.get("expected", "0") == "1",
            now=time.monotonic(),
        )
        answers.write("RESULT 2\nOK")
        answers.flush()
        if reason:
            return reason


def end_supervisor_without(run: int) -> None:
    """Make supervisor end everything once the process that started it is gone."""
    supervisor = os.getppid()
    while lives(run):
        time.sleep(_LOOK_SECONDS)
    if os.getppid() == supervisor:
        os.kill(supervisor, signal.SIGTERM)


def main() -> None:
    """Listen on standard input, as supervisor starts it."""
    folder = Path(os.environ["DASHWRIGHT_RUN"])
    take_place(folder, WATCH)
    run = os.environ.get(RUN_PROCESS, "")
    if run.isdigit():
        threading.Thread(target=end_supervisor_without, args=(int(run),), daemon=True).start()
    reason = listen(sys.stdin, sys.stdout, DeathCount())
    if reason:
        (folder / FAILED_FILE).write_text(reason, encoding="utf-8")
        os.kill(os.getppid(), signal.SIGTERM)
    else:
        end_all(held_places(folder, but=(WATCH,)))


def _pairs(text: str) -> dict[str, str]:
    return dict(word.split(":", 1) for word in text.split() if ":" in word)


if __name__ == "__main__":
    main()
