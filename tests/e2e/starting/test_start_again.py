"""`scripts/start_again.py` in short: after a kill at a random moment the next start is whole; others are refused."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.processes import ROOT


@pytest.mark.parametrize("what", ["run", "demo"])
def test_killed_at_a_random_moment_the_next_start_is_ready(what: str) -> None:
    # A busy machine may be ten times slower, so the times are generous here; the script's own are not.
    command = [sys.executable, "scripts/start_again.py", "--what", what, "--rounds", "2"]
    told = subprocess.run(
        [*command, "--within", "300", "--refused-within", "60"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stdout.startswith("seed ")
    assert told.stdout.rstrip().endswith("all as it should be")
