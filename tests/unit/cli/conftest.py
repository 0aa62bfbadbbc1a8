"""The command line in this process, in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from backend_server.cli.main import call

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DASHBOARDS_DIR", str(tmp_path / "dashboards"))
    monkeypatch.setenv("EDGE", "false")

    def go(*arguments: str) -> tuple[int, str, str]:
        capfd.readouterr()
        code = call(arguments)
        out, err = capfd.readouterr()
        return code, out, err

    return go


@pytest.fixture
def prepared(run: Run) -> Run:
    code, _, err = run("prepare")
    assert code == 0, err
    return run
