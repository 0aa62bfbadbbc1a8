"""Starts one program under supervisor, and supervisor itself: in its place, and ending with its starter.

A program that crashed starts later each time, since supervisor restarts one that lived for a few seconds at once and
for ever (reliability note N15); lines of programs that do not name themselves get their name. Little is imported: this
process stays beside each of those.

    python -m backend_server.runtime.supervised NAME [--name-lines] [--after ADDRESS] -- COMMAND…
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import IO

from backend_server.primitives.redact import redact_text

from .places import SUPERVISOR, end_with_parent, take_place
from .sockets import listens

# What `run` read from its settings, for programs that read none.
LOG_JSON = "DASHWRIGHT_LOG_JSON"
LOG_VISITORS = "DASHWRIGHT_LOG_VISITORS"
PARENT = "DASHWRIGHT_PARENT"  # the process that a program ends with
GRAFANA_ENVIRONMENT = "DASHWRIGHT_GRAFANA_ENVIRONMENT"  # holds a JSON object
_WINDOW_SECONDS = 300.0
_FREE_STARTS = 2
_PATIENCE_SECONDS = 30.0
_LONGEST_WAIT_SECONDS = 15.0
_LAST_LINES_SECONDS = 2.0
# Programs that know nothing of links write down whatever they were asked for, an alias too.
_SLUG = re.compile(r"((?:/|%2f)s(?:/|%2f))(?!…)[^\s\"'/?&#,]+", re.IGNORECASE)
# nginx's `client: ADDRESS`, Grafana's `remote_addr=ADDRESS`, and what either was sent about it.
_ADDRESS = re.compile(r"((?:\bclient: |\bremote_addr=|\bX-Forwarded-For: )\"?)[0-9a-fA-F.:\[\]]+")


def wait_before_start(starts: Sequence[float], now: float) -> float:
    """Return the seconds to wait, from the moments of earlier starts: none for the first ones, then doubling."""
    recent = sum(1 for start in starts if now - start < _WINDOW_SECONDS)
    crashes = recent - _FREE_STARTS
    return 0.0 if crashes < 0 else min(2.0**crashes, _LONGEST_WAIT_SECONDS)


def name_line(program: str, line: str, *, as_json: bool, now: datetime, level: str = "info") -> str:
    """Write one line of a program that does not speak our form."""
    timestamp = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    text = line.rstrip("\r\n")
    if as_json:
        return json.dumps({"timestamp": timestamp, "program": program, "level": level, "event": text})
    return f"{timestamp} {program} {text}"


def masked(line: str, *, visitors: bool) -> str:
    """Redact a line as our own programs' are, and cut aliases of links; without `visitors` their addresses too."""
    text = _SLUG.sub(r"\1…", redact_text(line))
    return text if visitors else _ADDRESS.sub(r"\1-", text)


def main(arguments: Sequence[str]) -> int:
    """Wait if need be, then be or hold the program."""
    split = list(arguments).index("--")
    program, options, command = arguments[0], arguments[1:split], list(arguments[split + 1 :])
    end_with_parent()()
    if os.environ.get(PARENT, "") not in ("", str(os.getppid())):
        return 0  # it ended before the kernel was asked to tell
    folder = Path(os.environ["DASHWRIGHT_RUN"])
    place = take_place(folder, program)
    if program == SUPERVISOR:
        os.environ[PARENT] = str(os.getpid())
    else:
        # Grafana's datasource file names variables that are settings of ours too, and its secrets are nobody else's.
        only_grafanas = json.loads(os.environ.pop(GRAFANA_ENVIRONMENT, "{}"))
        if program == "grafana":
            os.environ.update(only_grafanas)
    ending = threading.Event()

    def end(number: int, _frame: FrameType | None) -> None:
        ending.set()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, end)
    wait = _note_start(folder / f"{program}.starts")
    if wait:
        as_json = os.environ.get(LOG_JSON) == "1"
        note = f"ended again and again; starting it in {wait:g} s"
        print(name_line(program, note, as_json=as_json, now=datetime.now(UTC)), flush=True)
        if ending.wait(wait):
            return 0
    if "--after" in options and not _wait_for(options[options.index("--after") + 1], ending):
        return 0
    if "--name-lines" in options:
        return _hold(program, command, place)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    if ending.is_set():  # told before that, when nobody was waiting
        return 0
    os.execvp(command[0], command)  # noqa: S606  # no shell is wanted
    return 127  # not reached: the process is the program now


def _wait_for(address: str, ending: threading.Event) -> bool:
    """Wait until somebody listens there, or long enough; False when asked to end meanwhile."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and not listens(address, 1.0):
        if ending.wait(0.2):
            return False
    return not ending.is_set()


def _note_start(file: Path) -> float:
    now = time.time()
    try:
        starts = [float(line) for line in file.read_text(encoding="ascii").split()]
    except (OSError, ValueError):
        starts = []
    recent = [start for start in starts if 0 <= now - start < _WINDOW_SECONDS]
    file.write_text("\n".join(map(str, [*recent, now])), encoding="ascii")
    return wait_before_start(recent, now)


def _hold(program: str, command: Sequence[str], place: int) -> int:
    """Run the program as a child, pass signals on, and name its lines."""
    as_json = os.environ.get(LOG_JSON) == "1"
    child = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        pass_fds=(place,),
        preexec_fn=end_with_parent(),  # noqa: PLW1509  # nothing else runs in this process
    )

    def pass_on(number: int, _frame: FrameType | None) -> None:
        child.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, pass_on)
    assert child.stdout is not None
    copying = threading.Thread(target=_copy, args=(program, child.stdout, as_json), daemon=True)
    copying.start()
    # Not until its output ends: what a killed program leaves behind may hold that open for ever.
    code = child.wait()
    _end_the_rest()
    copying.join(_LAST_LINES_SECONDS)
    return code if code >= 0 else 128 - code


def _end_the_rest() -> None:
    """Kill what a program left behind when it was killed: nginx's workers keep its port without their master."""
    if os.getpgrp() == os.getpid():  # supervisor gives each program a group of its own
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.killpg(0, signal.SIGTERM)


def _copy(program: str, lines: IO[str], as_json: bool) -> None:
    visitors = os.environ.get(LOG_VISITORS) == "1"
    for line in lines:
        shown = masked(line, visitors=visitors)
        print(name_line(program, shown, as_json=as_json, now=datetime.now(UTC)), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
