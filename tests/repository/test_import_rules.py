"""The drawing of the house, held: who may import whom, and that importing does nothing."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "backend_server"

WORDS = {"errors", "primitives"}
SETTINGS = {"settings"}  # a word for those who start programs; wiring tells each room what of them it needs
PURE = {"documents", "devices", "templates", "generator", "promql", "queries", "links", "packs"}
LOWER_USE_CASES = {"accounts", "registry", "catalog", "querying"}
UPPER_USE_CASES = {"publishing", "reconcile", "viewing", "builder", "alerting", "monitoring", "ledger"}
USE_CASES = LOWER_USE_CASES | UPPER_USE_CASES
# They fit the ports of use cases, and may import the frozen values of those: `<use case>.model`.
EFFECTS = {
    *("provisioning", "grafana", "datasources", "outbound", "storage", "backups", "telemetry", "poller", "notify"),
}
ENTRANCES = {"web", "runtime", "cli", "demo", "doctor"}
JOINTS = {
    "wiring",
}  # the one place where effects and use cases meet

MAY_IMPORT = {
    **dict.fromkeys(WORDS, WORDS),
    **dict.fromkeys(SETTINGS, WORDS),
    **dict.fromkeys(PURE, WORDS | PURE),
    **dict.fromkeys(LOWER_USE_CASES, WORDS | PURE),
    **dict.fromkeys(UPPER_USE_CASES, WORDS | PURE | LOWER_USE_CASES),
    **dict.fromkeys(EFFECTS, WORDS | PURE | {"outbound", "telemetry", "storage"}),
    **dict.fromkeys(ENTRANCES, WORDS | SETTINGS | PURE | USE_CASES | {"wiring", "runtime", "telemetry"}),
    **dict.fromkeys(JOINTS, WORDS | SETTINGS | PURE | USE_CASES | EFFECTS | JOINTS),
}
# What entrances import besides, by module, each with its reason.
EXCEPTIONS = {
    ("cli/programs.py", "web"): "starts the program `web`",
    ("cli/api.py", "web"): "the command line is the API: the same application, called in this process",
    ("cli/api.py", "outbound"): "or a running service's, over HTTP",
    ("cli/doctor.py", "doctor"): "the command's own arguments; what it examines is the room doctor",
    ("cli/generate.py", "provisioning"): "writes generated files where the operator says",
    ("cli/generated_files.py", "provisioning"): "reads them again",
    ("demo/command.py", "poller"): "draws the hour before the start, as the poller would have written it",
    ("demo/history.py", "poller"): "the same",
    ("doctor/asking.py", "outbound"): "asks the deployment from outside, as a stranger does",
    ("doctor/grafana_probe.py", "outbound"): "the same",
    ("doctor/folder_probe.py", "provisioning"): "compares what lies on the disk with what is shipped",
    ("runtime/programs/grafana.py", "datasources"): "makes the role by which the Grafana it starts reads",
    ("runtime/lost_state.py", "provisioning"): "looks whether dashboards of an earlier state lie there",
    ("runtime/programs/grafana.py", "provisioning"): "lays out what that Grafana reads at its start",
}
# What would make a pure room depend on something besides its arguments.
NOT_IN_PURE_ROOMS = {
    *("asyncio", "http", "logging", "multiprocessing", "os", "pathlib", "requests", "select", "shutil", "signal"),
    *("socket", "sqlalchemy", "sqlite3", "psycopg", "structlog", "subprocess", "tempfile", "threading", "time"),
    *("urllib.request", "urllib3", "flask", "watchdog"),
}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "node_modules" not in path.parts)


def room_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Return each import's line and absolute name; those for type checking alone as well, for they are ties too."""
    package = module_of(path).split(".") if path.name == "__init__.py" else module_of(path).split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            if module == "backend_server":
                yield from ((node.lineno, f"{module}.{name.name}") for name in node.names)
            else:
                yield node.lineno, module


def _is_served_model(room: str, parts: list[str]) -> bool:
    """Whether an effect imports the frozen values of a use case it serves: `<use case>.model`."""
    return room in EFFECTS and parts[1] in USE_CASES and parts[2:] == ["model"]


def test_every_room_is_in_the_drawing() -> None:
    rooms = {room_of(path) for path in MODULES} - {"__init__"}
    assert rooms <= MAY_IMPORT.keys()


def test_rooms_import_in_one_direction() -> None:
    wrong, used = [], set()
    for path in MODULES:
        room = room_of(path)
        for line, name in imports_of(path):
            parts = name.split(".")
            if parts[0] == "backend_server" and len(parts) > 1 and room != "__init__":
                target = parts[1]
                module = path.relative_to(PACKAGE).as_posix()
                if target != room and target not in MAY_IMPORT[room] and not _is_served_model(room, parts):
                    if (module, target) in EXCEPTIONS:
                        used.add((module, target))
                        continue
                    wrong.append(f"{path.relative_to(ROOT)}:{line}: {room} must not import {target}")
    assert wrong == []
    assert used == EXCEPTIONS.keys(), "an exception that nobody needs any more goes"


def test_what_effects_share_with_use_cases_is_made_of_values_alone() -> None:
    wrong = []
    for path in MODULES:
        if path.stem != "model" or room_of(path) not in USE_CASES:
            continue
        for line, name in imports_of(path):
            parts = name.split(".")
            is_model = parts[0] != "backend_server" or parts[1] in WORDS | PURE or parts[2:] == ["model"]
            if not is_model or name in NOT_IN_PURE_ROOMS:
                wrong.append(f"{path.relative_to(ROOT)}:{line}: imports {name}")
    assert wrong == []


def test_pure_rooms_and_words_touch_nothing_outside() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: imports {name}"
        for path in MODULES
        if room_of(path) in PURE
        for line, name in imports_of(path)
        if name in NOT_IN_PURE_ROOMS or name.split(".")[0] in NOT_IN_PURE_ROOMS
    ]
    assert wrong == []


def test_relative_imports_stay_inside_a_room() -> None:
    wrong = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level:
                depth = len(path.relative_to(PACKAGE).parts) - 1
                if node.level > depth:
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert wrong == []


def test_no_module_is_a_drawer_for_everything() -> None:
    assert [path for path in MODULES if path.stem in FORBIDDEN_NAMES] == []


def test_every_module_says_its_duty() -> None:
    without = [
        str(path.relative_to(ROOT))
        for path in MODULES
        if path.read_text(encoding="utf-8").strip() and not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert without == []


_IMPORT_ALL = """
import builtins, importlib, io, os, socket, sys, threading

# What third parties do on import is theirs; they are imported before the guard stands.
modules = sys.argv[1:]
for name in modules:
    importlib.import_module(name)
for name in [name for name in sys.modules if name.split(".")[0] == "backend_server"]:
    del sys.modules[name]

def refuse(what):
    def refused(*given, **named):
        raise AssertionError(f"{what}{given!r} while importing {current}")
    return refused

really_open = io.open
def guarded_open(file, mode="r", *given, **named):
    if set(mode) & set("wax+"):
        raise AssertionError(f"open({file!r}, {mode!r}) while importing {current}")
    return really_open(file, mode, *given, **named)

class NoEnvironment(dict):
    # Refuses what our own modules ask; a library may look for its own switches.
    def _asked(self, name):
        frame = sys._getframe(2)
        while frame.f_code.co_filename in (os.__file__, "<frozen os>", "<frozen _collections_abc>"):
            frame = frame.f_back
        if f"{os.sep}backend_server{os.sep}" in frame.f_code.co_filename:
            raise AssertionError(f"the environment's {name} was read while importing {current}")

    def __getitem__(self, name):
        self._asked(name)
        raise KeyError(name)

    def __contains__(self, name):
        self._asked(name)
        return False

    def get(self, name, default=None):
        self._asked(name)
        return default

current = ""
builtins.open = io.open = guarded_open
socket.socket.__init__ = refuse("socket")
threading.Thread.start = refuse("thread")
os.mkdir = os.replace = os.unlink = os.fork = os.kill = refuse("os call")
os.environ = NoEnvironment()
sys.dont_write_bytecode = True
for current in modules:
    importlib.import_module(current)
"""


def test_importing_any_module_does_nothing() -> None:
    # Alembic alone runs env.py, inside a migration, and has its names ready only then.
    apart = {"backend_server.storage.migrations.env", "backend_server.cli.__main__", "backend_server.__main__"}
    names = [module_of(path) for path in MODULES if module_of(path) not in apart]
    found = subprocess.run(
        [sys.executable, "-c", _IMPORT_ALL, *names], capture_output=True, text=True, cwd=ROOT, check=False, timeout=120
    )
    assert found.returncode == 0, found.stderr[-2000:]


@pytest.mark.parametrize(
    "code",
    ["import socket; socket.socket()", "open('/tmp/x', 'w')", "import os; os.environ.get('HOME')"],
)
def test_the_guard_sees_what_it_forbids(tmp_path: Path, code: str) -> None:
    (tmp_path / "backend_server").mkdir()
    # A whole package: a bare folder would give way to the installed one.
    (tmp_path / "backend_server" / "__init__.py").touch()
    (tmp_path / "backend_server" / "bad.py").write_text(code)
    found = subprocess.run(
        [sys.executable, "-c", _IMPORT_ALL, "backend_server.bad"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert "while importing backend_server.bad" in found.stderr


def test_the_architecture_page_names_every_room() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+)`", "".join(line for line in page.splitlines(keepends=True) if line[:2] == "| ")))
    assert {room_of(path) for path in MODULES} - {"__init__", "__main__"} <= named
