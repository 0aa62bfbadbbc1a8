"""Starting later after crashes, naming lines, and ending everything when a program cannot be kept running."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from backend_server.runtime.prepare import Prepared
from backend_server.runtime.run import environment_of
from backend_server.runtime.starting import give_up_start
from backend_server.runtime.supervised import LOG_JSON, masked, name_line, wait_before_start
from backend_server.runtime.watchdog import DeathCount, listen
from backend_server.settings import load_settings


@pytest.mark.parametrize(
    ("starts", "seconds"),
    [
        ([], 0),
        ([990], 0),
        ([980, 990], 1),
        ([970, 980, 990], 2),
        ([960, 970, 980, 990], 4),
        (list(range(980, 1000)), 15),
        ([1, 2, 3, 4, 5], 0),
    ],
)
def test_a_program_that_keeps_ending_is_started_later_and_later(starts: list[float], seconds: float) -> None:
    assert wait_before_start(starts, 1000) == seconds


def test_a_line_gets_the_programs_name() -> None:
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert name_line("edge", "hello\n", as_json=False, now=now) == "2026-01-02T03:04:05.000Z edge hello"
    assert json.loads(name_line("edge", 'say "hi"\n', as_json=True, now=now)) == {
        "timestamp": "2026-01-02T03:04:05.000Z",
        "program": "edge",
        "level": "info",
        "event": 'say "hi"',
    }


TOKEN = "0123456789abcdef0123456789ABCDEF"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (f"GET /grafana/public-dashboards/{TOKEN}?orgId=1", "GET /grafana/public-dashboards/0123…?orgId=1"),
        (f"a={TOKEN}&b={TOKEN}", "a=0123…&b=0123…"),
        (f"next=%2Fpublic-dashboards%2F{TOKEN}%3Fx%3D{TOKEN}", "next=%2Fpublic-dashboards%2F0123…%3Fx%3D0123…"),
        (f"longer than a token: {TOKEN}0", f"longer than a token: {TOKEN}0"),
        ("Authorization: Bearer dw_AbCdEfGhIjKlMnOp", "Authorization: Bearer dw_AbCd…"),
        ("dial postgres://ann:pa55word@db/x", "dial postgres://ann:***@db/x"),
        ('"GET /grafana/s/kitchen?theme=dark HTTP/1.1"', '"GET /grafana/s/…?theme=dark HTTP/1.1"'),
        ('referrer: "http://x.test/s/kitchen"', 'referrer: "http://x.test/s/…"'),
        ("x, client: 203.0.113.7, server: _", "x, client: -, server: _"),
        ("x, client: 2001:db8::1, server: _", "x, client: -, server: _"),
        ("status=500 remote_addr=203.0.113.7 time_ms=3", "status=500 remote_addr=- time_ms=3"),
        ("logger=x clients=3 address=10.0.0.1", "logger=x clients=3 address=10.0.0.1"),
    ],
)
def test_a_line_of_another_program_opens_no_link_and_names_no_visitor(line: str, shown: str) -> None:
    assert masked(line, visitors=False) == shown
    assert masked(masked(line, visitors=False), visitors=False) == shown


def test_visitors_are_named_where_the_operator_wants_it() -> None:
    line = f"/s/kitchen, client: 203.0.113.7, {TOKEN}"
    assert masked(line, visitors=True) == "/s/…, client: 203.0.113.7, 0123…"


@pytest.mark.parametrize(("text", "expected"), [("json", "1"), ("text", "0")])
def test_programs_are_told_the_form_of_lines_wherever_it_was_set(tmp_path: Path, text: str, expected: str) -> None:
    file = tmp_path / "form"
    file.write_text(f"{text}\n")
    settings = load_settings({"LOG_FORMAT_FILE": str(file), "DATA_DIR": str(tmp_path), "EDGE": "false"})
    assert environment_of(settings, Prepared((), 0), tmp_path)[LOG_JSON] == expected


def event(name: str, program: str, *, expected: int | None = None) -> str:
    payload = f"processname:{program} groupname:{program} from_state:RUNNING"
    if expected is not None:
        payload += f" expected:{expected} pid:7"
    return f"ver:3.0 server:supervisor serial:1 pool:watch poolserial:1 eventname:{name} len:{len(payload)}\n{payload}"


def test_fatal_ends_everything_at_once() -> None:
    answers = io.StringIO()
    reason = listen(io.StringIO(event("PROCESS_STATE_FATAL", "web")), answers, DeathCount())
    assert reason == "the program 'web' cannot be started"
    assert answers.getvalue() == "READY\nRESULT 2\nOK"


def test_ends_that_were_expected_do_not_count() -> None:
    source = io.StringIO(event("PROCESS_STATE_EXITED", "web", expected=1) * 20)
    assert listen(source, io.StringIO(), DeathCount()) == ""


def test_too_many_ends_of_one_program_end_everything() -> None:
    source = io.StringIO(event("PROCESS_STATE_EXITED", "web", expected=0) * 7)
    assert listen(source, io.StringIO(), DeathCount()) == "the program 'web' ended 7 times within 5 minutes"


def test_old_ends_and_those_of_other_programs_do_not_add_up() -> None:
    count = DeathCount(most=3, window_seconds=10)
    for moment, program in ((0, "web"), (5, "web"), (6, "poller"), (11, "web"), (12, "poller")):
        assert count.verdict("PROCESS_STATE_EXITED", program, expected=False, now=moment) is None
    assert count.verdict("PROCESS_STATE_EXITED", "web", expected=False, now=12) is not None


@pytest.mark.parametrize(("ready", "told"), [(False, True), (True, False)], ids=["starting", "started"])
def test_a_program_that_cannot_run_ends_the_start_and_nothing_later(tmp_path: Path, ready: bool, told: bool) -> None:
    with subprocess.Popen(["sleep", "600"]) as supervisor:
        settings = load_settings({"DASHWRIGHT_RUN": str(tmp_path), "DASHWRIGHT_PARENT": str(supervisor.pid)})
        if ready:
            (tmp_path / "ready").touch()
        give_up_start(settings, "Port 1 is taken.")
        assert (tmp_path / "failed").exists() is told
        if told:
            assert (tmp_path / "failed").read_text() == "Port 1 is taken"
            assert supervisor.wait(30) == -signal.SIGTERM
        else:
            assert supervisor.poll() is None
            supervisor.kill()


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "backend_server.runtime.supervised", *arguments],
        env={**os.environ, "DASHWRIGHT_RUN": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_held_program_gets_the_signals_and_its_exit_code_is_kept(tmp_path: Path) -> None:
    script = (
        "import signal, sys, time; signal.signal(15, lambda *_: sys.exit(7)); print('up', flush=True); time.sleep(30)"
    )
    with start(tmp_path, "edge", "--name-lines", "--", sys.executable, "-c", script) as process:
        assert process.stdout is not None
        assert process.stdout.readline().endswith(" edge up\n")
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 7


def test_a_program_of_ours_takes_the_starters_place(tmp_path: Path) -> None:
    script = "import os; print(os.getpid(), flush=True)"
    with start(tmp_path, "web", "--", sys.executable, "-c", script) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) == process.pid


def test_a_starter_that_waits_ends_at_once_when_told(tmp_path: Path) -> None:
    now = time.time()
    (tmp_path / "web.starts").write_text("\n".join(str(now - number) for number in range(8)))
    with start(tmp_path, "web", "--", sys.executable, "-c", "print('never')") as process:
        assert process.stdout is not None
        assert "ended again and again; starting it in 15 s" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
        assert process.stdout.read() == ""
