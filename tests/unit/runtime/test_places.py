"""A program's place: whoever comes next knows what is left of it, and ends just that."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from backend_server.errors import ConfigError
from backend_server.runtime import places
from backend_server.runtime.places import Held, end_all, held_places, take_place
from backend_server.runtime.supervised import PARENT
from backend_server.runtime.watchdog import end_supervisor_without
from tests.support.processes import ROOT, until

STUBBORN = "signal.signal(signal.SIGTERM, signal.SIG_IGN); "
HOLDER = """
import os, signal, sys, time
from pathlib import Path
from backend_server.runtime.places import take_place
{before}
take_place(Path(sys.argv[1]), "web")
{then}
print("held", flush=True)
time.sleep(600)
"""


@pytest.fixture
def groups() -> Iterator[list[int]]:
    found: list[int] = []
    yield found
    for group in found:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


def holder(folder: Path, groups: list[int], *, before: str = "", then: str = "") -> subprocess.Popen[str]:
    """Start a program that holds the place `web` of a folder, in a group of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER.format(before=before, then=then), str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    groups.append(process.pid)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    process.stdout.close()
    return process


def test_a_held_place_is_known_by_name_and_group_and_a_left_one_is_free(tmp_path: Path, groups: list[int]) -> None:
    process = holder(tmp_path, groups)
    (held,) = held_places(tmp_path)
    assert (held.name, held.group) == ("web", process.pid)
    assert held_places(tmp_path, but=("web",)) == []
    process.kill()
    process.wait(30)
    assert held_places(tmp_path) == []


@pytest.mark.parametrize("before", ["", STUBBORN], ids=["willing", "ignores SIGTERM"])
def test_who_takes_a_place_ends_its_holder(
    tmp_path: Path, groups: list[int], monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    monkeypatch.setattr(places, "_PATIENCE_OF_OTHERS_SECONDS", 1.0)
    process = holder(tmp_path, groups, before=before)
    os.close(take_place(tmp_path, "web"))
    assert process.wait(30) == (-signal.SIGKILL if before else -signal.SIGTERM)


def test_what_a_killed_program_left_behind_is_ended_too(tmp_path: Path, groups: list[int]) -> None:
    process = holder(tmp_path, groups, then="os.fork()")
    process.kill()
    process.wait(30)
    (held,) = held_places(tmp_path)  # its child lives on and holds the place
    end_all([held])
    assert held_places(tmp_path) == []


def test_a_successor_in_the_same_place_is_left_alone(tmp_path: Path, groups: list[int]) -> None:
    process = holder(tmp_path, groups)
    end_all([Held("web", tmp_path / "programs" / "web.lock", 999_999_999)])
    assert process.poll() is None
    process.terminate()
    process.wait(30)


def test_what_cannot_be_ended_is_said(tmp_path: Path, groups: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_PATIENCE_OF_OTHERS_SECONDS", "_KILLED_SECONDS"):
        monkeypatch.setattr(places, name, 0.2)
    monkeypatch.setattr(Held, "end", lambda *_: None)
    process = holder(tmp_path, groups)
    with pytest.raises(ConfigError, match=rf"cannot be ended: web \(process {process.pid}\)"):
        end_all(held_places(tmp_path))
    process.terminate()
    process.wait(30)


def test_a_starter_whose_parent_died_meanwhile_starts_nothing(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "backend_server.runtime.supervised", "web", "--", "echo", "started"],
        env={**os.environ, "DASHWRIGHT_RUN": str(tmp_path), PARENT: "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (told.returncode, told.stdout) == (0, "")


def test_the_watch_ends_what_supervisor_left_when_that_went_away(tmp_path: Path, groups: list[int]) -> None:
    process = holder(tmp_path, groups)
    watch = subprocess.Popen(
        [sys.executable, "-m", "backend_server.runtime.watchdog"],
        env={**os.environ, "DASHWRIGHT_RUN": str(tmp_path), "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        process_group=0,
    )
    groups.append(watch.pid)
    until(lambda: {one.name for one in held_places(tmp_path)} == {"web", "watch"}, 30, what="it watches")
    assert process.poll() is None
    assert watch.stdin is not None
    watch.stdin.close()
    assert watch.wait(30) == 0
    assert process.wait(30) == -signal.SIGTERM


def test_the_watch_ends_supervisor_when_run_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    with subprocess.Popen(["true"]) as run:
        run.wait(30)
    real_kill = os.kill
    monkeypatch.setattr(os, "kill", lambda pid, number: told.append((pid, number)) if number else real_kill(pid, 0))
    end_supervisor_without(run.pid)
    assert told == [(os.getppid(), signal.SIGTERM)]
