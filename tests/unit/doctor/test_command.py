"""`dashwright doctor`: its page, its exit codes, its JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from backend_server.cli import doctor as command
from backend_server.cli.doctor import doctor_page
from backend_server.cli.main import call
from backend_server.doctor.catalogue import CATALOGUE, found

Run = Callable[..., tuple[int, str, str]]
PAGE = Path(__file__).parents[3] / "docs" / "doctor.md"


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)

    def go(*arguments: str) -> tuple[int, str, str]:
        capfd.readouterr()
        code = call(("doctor", *arguments))
        return (code, *capfd.readouterr())

    return go


def test_the_page_lists_every_finding_and_is_as_the_command_writes_it(run: Run) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == doctor_page() == run("--markdown")[1]
    listed = [line.split("`")[1] for line in page.splitlines() if line.startswith("| `") and "`: " in line]
    assert sorted(listed) == sorted(CATALOGUE)


@pytest.mark.parametrize(
    "arguments",
    [("--no-such-option",), ("--url", "ftp://host"), ("--url", "host:5109"), ("extra",), ("--url",),
     ("--url", "http://127.0.0.1:9", "--provisioning", "/x")],
)  # fmt: skip
def test_a_wrong_command_line_has_a_code_that_is_no_finding(run: Run, arguments: tuple[str, ...]) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (64, "")
    assert "Error:" in err


def test_settings_that_cannot_be_read_have_a_code_of_their_own(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "80a")
    code, _, err = run()
    assert code == 78
    assert "PORT is '80a'" in err


@pytest.mark.parametrize(
    ("kinds", "code"), [((), 0), (("loopback-only",), 0), (("wal-off", "loopback-only"), 1), (("api-open",), 2)]
)
def test_the_exit_code_is_the_worst_finding(
    run: Run, monkeypatch: pytest.MonkeyPatch, kinds: tuple[str, ...], code: int
) -> None:
    monkeypatch.setattr(command, "examine", lambda *_, **__: tuple(found(kind) for kind in kinds))
    told, out, _ = run("--json")
    answer = json.loads(out)
    assert (told, answer["exit_code"]) == (code, code)
    assert [one["id"] for one in answer["findings"]] == list(kinds)
    for one in answer["findings"]:
        assert sorted(one) == ["fix", "id", "severity", "what", "why"]
    told, out, _ = run()
    assert told == code
    for kind in kinds:
        assert f"{kind}: {CATALOGUE[kind].title}" in out
        assert f"Fix: {CATALOGUE[kind].fix}" in out


def test_from_outside_nobody_is_at_home(run: Run) -> None:
    code, out, _ = run("--url", "http://127.0.0.1:9", "--json")
    assert code == 2
    assert [one["id"] for one in json.loads(out)["findings"]] == ["unreachable"]
