"""SIGKILL at every step of create, update, retire and new templates: the next process ends in the same state, with the
same token.

A real process over a real SQLite file, and a fake Grafana outside of it that keeps what it was told.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backend_server.primitives.ids import Maker, dashboard_uid
from backend_server.storage.engine.store import Store
from tests.fakes.grafana import FakeGrafana
from tests.support.grafana import write_provisioning
from tests.support.reconciling import house_of

ROOT = Path(__file__).parents[3]
SCENARIOS = ("create", "update", "retire", "templates")


class Zygote:
    """Runs `killed_worker.py` and gives it orders."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("killed_worker.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )

    def run(self, place: Place, kill_at: int) -> int:
        """Run one process to its end; gives its exit code, negative for a signal."""
        order = {
            "data": str(place.data),
            "dashboards": str(place.dashboards),
            "grafana": place.grafana.url,
            "kill_at": kill_at,
            "log": str(place.log),
            "slots": place.slots,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


class Place:
    """A database, a folder and a Grafana, brought to where a scenario begins, and back there by `reset`."""

    def __init__(self, root: Path, template: Path, scenario: str, zygote: Zygote) -> None:
        self.data, self.dashboards, self.log = root / "data", root / "dashboards", root / "points.log"
        self._begin = root / "begin"
        self.slots = ["main"]
        self.data.mkdir(parents=True)
        shutil.copy(template, self.data / "dashwright.db")
        self._provisioning = write_provisioning(root, self.dashboards)
        self.grafana = FakeGrafana(self._provisioning, environment={}, polling=False).start()
        self._ask("put", "rig-1", hostname="first")
        if scenario == "templates":
            self._ask("put", "rig-2")
        if scenario != "create":
            assert zygote.run(self, 0) == 0
            if scenario == "update":
                self._ask("put", "rig-1", hostname="second")
            elif scenario == "templates":
                self.slots = ["main", "power"]
            else:
                self._ask("retire", "rig-1")
        for folder in (self.data, self.dashboards):
            shutil.copytree(folder, self._begin / folder.name)
        self._rows = list(self.grafana.database.rows)
        self.token = self.row()["access_token"]
        self._tokens = {row["access_token"] for row in self._records().values()}
        self.reset()

    def reset(self) -> None:
        """Go back to the beginning, with a new Grafana that has read the files and knows the same public dashboards."""
        self.grafana.stop()
        for folder in (self.data, self.dashboards):
            shutil.rmtree(folder)
            shutil.copytree(self._begin / folder.name, folder)
        self.log.unlink(missing_ok=True)
        self.grafana = FakeGrafana(self._provisioning, environment={}, polling=False).start()
        self.grafana.database.rows = [replace(row) for row in self._rows]

    def _ask(self, deed: str, device_id: str, **fields: str) -> None:
        store = Store.open(None, self.data)
        with house_of(store, self.dashboards) as house:
            if deed == "put":
                house.put(device_id, **fields)
            else:
                house.registry.retire(device_id, "test")
        store.close()

    def row(self) -> dict[str, object]:
        return self._records()[dashboard_uid(Maker.DEVICE, "main", "rig-1")]

    def _records(self) -> dict[str, dict[str, object]]:
        store = Store.open(None, self.data)
        with house_of(store, self.dashboards) as house:
            rows = {uid: dict(row) for uid, row in house.rows().items()}
        store.close()
        return rows

    def points(self) -> list[str]:
        return self.log.read_text().split("\n")[:-1] if self.log.exists() else []

    def outcome(self) -> dict[str, object]:
        """Return everything that must be the same whatever happened on the way."""
        row = self.row()
        with self.grafana.database.lock:
            # The token of a document that is made on the way is chosen on the way; all others must be as they were.
            public = sorted(
                (one.dashboard_uid, one.access_token if one.access_token in self._tokens else "new", one.enabled)
                for one in self.grafana.database.rows
            )
        return {
            "row": {
                name: row[name]
                for name in (
                    "state",
                    "reason",
                    "dirty",
                    "written_hash",
                    "loaded_hash",
                    "public",
                    "access_token",
                    "title",
                )
            },
            "files": {
                str(path.relative_to(self.dashboards)): path.read_bytes() for path in self.dashboards.rglob("*.json")
            },
            "dashboards": self.grafana.dashboard_uids(),
            "public": public,
        }

    def close(self) -> None:
        self.grafana.stop()


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    zygote = Zygote()
    yield zygote
    zygote.close()


class TornReader:
    """Reads all files over and over; every one must be whole JSON at every moment."""

    def __init__(self, dashboards: Path) -> None:
        self._dashboards = dashboards
        self._stop = threading.Event()
        self.torn: list[str] = []
        self._thread = threading.Thread(target=self._read)

    def __enter__(self) -> TornReader:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _read(self) -> None:
        while not self._stop.wait(0.001):
            for path in self._dashboards.rglob("*.json"):
                try:
                    json.loads(path.read_bytes())
                except FileNotFoundError:
                    continue
                except ValueError as fault:
                    self.torn.append(f"{path}: {fault}")


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_stop_at_any_step_resumes_to_the_same_end(
    scenario: Any, tmp_path: Path, sqlite_template: Path, zygote: Zygote
) -> None:
    place = Place(tmp_path, sqlite_template, scenario, zygote)
    try:
        assert zygote.run(place, 0) == 0
        expected, points = place.outcome(), place.points()
        calls = len(place.grafana.requests_that_change_something())
        # Each state-changing call has a kill point before and one after it, and so has each stored outcome.
        assert len(points) >= 2 * calls
        assert expected["row"]["access_token"] == place.token
        for number in range(1, len(points) + 1):
            place.reset()
            with TornReader(place.dashboards) as reader:
                assert zygote.run(place, number) == -signal.SIGKILL
                assert len(place.points()) == number  # documents are published side by side: not always in one order
                assert zygote.run(place, 0) == 0
            assert place.outcome() == expected, points[number - 1]
            assert reader.torn == []
    finally:
        place.close()
