"""What goes wrong with files, addresses and the environment ends with a reason and an exit code, in scripts too."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from backend_server.cli.generate import discover, generate, inventory
from backend_server.primitives.shipped import shipped


@pytest.fixture
def bad(tmp_path: Path, made: Path) -> dict[str, Any]:
    """Files that are not what they should be, and a place where nothing can be written."""
    (tmp_path / "utf16.yml").write_text("version: 1\nfamilies: {}\n", encoding="utf-16")
    (tmp_path / "latin.csv").write_bytes(b"slug,title,metric,source,panel_uuid\n\xe9,a,b,c,d\n")
    (tmp_path / "good.csv").write_text("slug,title,metric,source,panel_uuid\n")
    (tmp_path / "file").write_text("")
    return {"tmp": tmp_path, "made": made}


BAD_COMMANDS = [
    (["generate", "--spec", "{tmp}/utf16.yml", "--output", "{tmp}/out"], "save it as UTF-8"),
    (["generate", "--spec", "{tmp}/utf16.yml", "--provision"], "save it as UTF-8"),
    (["generate", "--plan", "{tmp}/utf16.yml", "--output", "{tmp}/out"], "save it as UTF-8"),
    (["generate", "rules", "--out", "{tmp}/file/rules.yml"], "cannot be written"),
    (["inventory", "export", "--dir", "{made}", "--out", "{tmp}/file/a.csv"], "cannot be written"),
    (["inventory", "diff", "{tmp}/latin.csv", "{tmp}/good.csv"], "is not UTF-8 text"),
    (["inventory", "diff", "{tmp}/good.csv", "{tmp}/good.csv", "--json-out", "{tmp}/file/a.json"], "cannot be written"),
    (["discover", "--prometheus", "nowhere"], "is not an address"),
    (["discover", "--prometheus", "http://[::1"], "is not an address"),
    (["discover", "--prometheus", "http://a:port"], "is not an address"),
    (["discover", "--prometheus", "http://me:hidden@127.0.0.1:1/p"], "reached. It was asked at http://127.0.0.1:1/p."),
    (["generate", "--prune", "--verify"], "--prune goes without"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD_COMMANDS)
def test_what_cannot_be_read_or_written_exits_2_with_its_reason(
    run: Callable[..., Result], bad: Any, arguments: Any, words: Any
) -> None:
    commands = {"generate": generate, "inventory": inventory, "discover": discover}
    found = run(commands[arguments[0]], *(argument.format(**bad) for argument in arguments[1:]))

    assert found.exit_code == 2, found.output
    assert words in found.stderr


@pytest.mark.parametrize("epoch", ["²", "-1", "1e9", "soon"])
def test_a_time_that_is_none_is_refused(run: Callable[..., Result], tmp_path: Path, epoch: str) -> None:
    found = run(generate, "--output", tmp_path / "out", SOURCE_DATE_EPOCH=epoch)

    assert found.exit_code == 2
    assert "seconds since 1970" in found.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("script", "arguments", "code", "words"),
    [
        ("gen_dashboards_modular.py", ["--spec", "{tmp}/utf16.yml"], 2, "save it as UTF-8"),
        ("gen_dashboards_modular.py", ["--provision", "--url", "http://127.0.0.1:9", "--token", "t"], 10, "reach"),
        ("export_dashboard_inventory.py", ["--dir", "{made}", "--out", "{tmp}/file/a"], 2, "cannot be written"),
        ("diff_dashboard_inventory.py", ["{tmp}/latin.csv", "{tmp}/good.csv"], 2, "is not UTF-8 text"),
        ("diff_dashboard_inventory.py", ["{tmp}/good.csv"], 2, "Missing argument"),
    ],
)
def test_the_scripts_word_their_faults(bad: Any, script: str, arguments: list[str], code: int, words: str) -> None:
    done = subprocess.run(
        [sys.executable, shipped("scripts", script), *(argument.format(**bad) for argument in arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(shipped())},
    )

    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
