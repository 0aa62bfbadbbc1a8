"""What `prepare` has to say of settings that work, and are not good."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend_server.runtime import healthcheck as alive
from tests.unit.cli.conftest import Run


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"SECRET_KEY": "hunter2"}, "SECRET_KEY is shorter than 32 characters"),
        ({"EDGE": "true", "GRAFANA_URL": "https://127.0.0.1:9/grafana"}, "Grafana's own pages are not passed on"),
    ],
)
def test_it_is_said_at_the_start(run: Run, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], words: str) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    code, _, err = run("prepare")
    assert code == 0, err
    assert words in err
    assert "hunter2" not in err


def test_a_check_with_settings_that_cannot_be_read_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PORT", "80a")
    assert alive.main() == 1
    assert "PORT is '80a'" in capsys.readouterr().err
    monkeypatch.setenv("PORT", "9")
    assert alive.main() == 1
    assert "http://127.0.0.1:9/server/health does not answer" in capsys.readouterr().err
