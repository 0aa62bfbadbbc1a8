"""The settings read the environment for everybody; whoever else looks at it is named here with the reason."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "backend_server"

MAY_READ = {
    "settings/current.py": "the one place",
    "runtime/run.py": "hands the environment on to the programs it starts",
    "runtime/supervised.py": "starts programs that are not ours, and reads no settings so as to stay small",
    "runtime/watchdog.py": "is supervisor's listener, and reads no settings so as to stay small",
    "demo/command.py": "sets what is not set, before the settings are read",
    "cli/api.py": "whether a command speaks to a running service: then this machine's settings do not count",
    "cli/backup.py": "the passphrase is of one command, not of the service",
    "cli/generate.py": "switches of the command's predecessors, kept for scripts",
    "cli/generated_files.py": "SOURCE_DATE_EPOCH, as builds hand it on",
}


def reads_environment(path: Path) -> bool:
    return any(
        isinstance(node, ast.Attribute)
        and node.attr in ("environ", "environb", "getenv")
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    )


def test_only_the_settings_read_the_environment() -> None:
    found = {str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py") if reads_environment(path)}
    assert found == MAY_READ.keys()
