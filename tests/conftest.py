"""What every test stands on: a clean environment, loopback only, nothing left running, and stores on both databases."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest
import structlog

from backend_server.settings import Settings
from backend_server.storage.engine.store import Store
from tests.support.postgres import Postgres, running_postgres

# A deadline of an example would be a timed test: it fails on a busy machine and proves nothing on a quick one.
hypothesis.settings.register_profile("dashwright", deadline=None)
hypothesis.settings.load_profile("dashwright")

# What the tests themselves, Python and the programs they start need; no other variable reaches a test.
_KEPT_VARIABLES = frozenset(
    {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TERM", "USER", "LOGNAME", "PYTHONPATH", "VIRTUAL_ENV", "TZ"}
)
_KEPT_PREFIXES = ("PYTEST_", "COV_", "COVERAGE_", "HYPOTHESIS_", "PLAYWRIGHT_", "GRAFANA_HOME")
# By `configure_logging`, beside the root's.
_SET_LEVELS = ("urllib3", "werkzeug", "alembic.runtime.plugins", "alembic.runtime.migration")
_LOOPBACK = ("127.", "::1", "localhost")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads the developer's environment."""
    for name in list(os.environ):
        if name not in _KEPT_VARIABLES and not name.startswith(_KEPT_PREFIXES):
            monkeypatch.delenv(name)
    # Whether the tests themselves run in a container is no matter of theirs.
    monkeypatch.setattr("backend_server.storage.engine.disk.MARKS", ())


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """A test that sets logging up, e.g. by calling a command in this process, leaves it to nobody after it."""
    root = logging.getLogger()
    level, levels = root.level, {name: logging.getLogger(name).level for name in _SET_LEVELS}
    structlog.contextvars.clear_contextvars()  # a request in this process leaves its id behind
    yield
    structlog.reset_defaults()
    # pytest's own handlers are of classes of their own, and come and go by themselves.
    root.handlers[:] = [one for one in root.handlers if type(one) is not logging.StreamHandler]
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


@pytest.fixture(autouse=True, scope="session")
def loopback_only() -> Iterator[None]:
    """No test reaches beyond this machine: a connection elsewhere is an error that names the address."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def refuse_others(address: object) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(_LOOPBACK):
            raise AssertionError(f"a test tried to reach {address!r}")

    def guarded_connect(self: socket.socket, address: object) -> None:
        refuse_others(address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: object) -> int:
        refuse_others(address)
        return connect_ex(self, address)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", guarded_connect)
    patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    yield
    patch.undo()


# Threads and processes of fixtures wider than one test: those end with their fixture.
_LASTING: set[object] = set()


class _LastingFixtures:
    """Notes what a session's, module's or class's fixture starts.

    A plugin of its own: pytest does not ask a folder's conftest about the session's fixtures.
    """

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
        if fixturedef.scope == "function":
            return (yield)
        before = _running()
        try:
            return (yield)
        finally:
            _LASTING.update(_running() - before)


def pytest_configure(config: pytest.Config) -> None:
    """Watch the fixtures of all scopes."""
    config.pluginmanager.register(_LastingFixtures())


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    """A test ends the threads and processes it started."""
    before = _running()
    yield
    deadline = time.monotonic() + 2
    while True:
        left = _running() - before - _LASTING
        if not left:
            return
        if time.monotonic() > deadline:
            pytest.fail(f"the test left running (threads, process ids): {left}")
        time.sleep(0.02)


def _running() -> set[object]:
    threads = {thread for thread in threading.enumerate() if not thread.name.startswith(("execnet", "pytest"))}
    return threads | _children()


def _children() -> set[int]:
    """The processes that are ours and still run (a zombie has ended; its starter only has not looked yet)."""
    found = set()
    for task in Path("/proc/self/task").iterdir():
        try:
            for pid in (task / "children").read_text().split():
                state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
                if state != "Z":
                    found.add(int(pid))
        except OSError:  # it ended while we looked
            continue
    return found


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL, started once for the session when a test first asks for it."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with all tables, to be copied."""
    folder = tmp_path_factory.mktemp("sqlite-template")
    store = Store.open(None, folder)
    store.migrate()
    store.close()  # the last connection folds the log into the file
    return folder / "dashwright.db"


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> str:
    """A PostgreSQL database with all tables, to be copied."""
    name = postgres.make_database()
    store = Store.open(postgres.url(name), Path("/nonexistent"))
    store.migrate()
    store.close()
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str | None, Path]]:
    """A fresh, migrated database as `(url, data_dir)`, on each of both; open it with `Store.open(*database)`."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "dashwright.db")
        yield None, tmp_path
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.make_database(request.getfixturevalue("postgres_template"))
    yield server.url(name), tmp_path
    server.drop_database(name)


@pytest.fixture
def store(database: tuple[str | None, Path]) -> Iterator[Store]:
    """An open store with all tables and nothing in them, on each of both databases."""
    opened = Store.open(*database)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    """The same on SQLite alone, for tests that have nothing to do with the database."""
    shutil.copy(sqlite_template, tmp_path / "dashwright.db")
    opened = Store.open(None, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with every folder below the test's own."""
    return Settings(data_dir=tmp_path / "data", dashboards_dir=tmp_path / "dashboards")
