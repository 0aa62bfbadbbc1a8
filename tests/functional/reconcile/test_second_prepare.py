"""A rolling deploy: `prepare` with changed templates beside a worker that runs with the earlier ones."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from backend_server.doctor.inside import look_at_state
from backend_server.doctor.rules import state_findings
from backend_server.reconcile.worker import Unwatched
from backend_server.runtime.prepare import prepare_all
from backend_server.settings import Settings, load_settings
from backend_server.storage.schema import documents
from backend_server.wiring.reconcile import build_reconciler, build_template_loading, build_worker
from backend_server.wiring.record import Services
from backend_server.wiring.services import opened_services
from tests.support.processes import environment_for
from tests.support.reconciling import template_source

PATIENCE_SECONDS = 120


class Deployment:
    """One database and one DASHBOARDS_DIR; each version of the image brings templates of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._environment = environment_for(folder, EDGE="false", AUDIT_INTERVAL="1h", PASS_INTERVAL="50ms")

    def version(self, description: str) -> Settings:
        templates = self._folder / f"templates-{description}"
        templates.mkdir(exist_ok=True)
        (templates / "generic.json").write_bytes(template_source(description=description))
        return load_settings({**self._environment, "TEMPLATES_DIR": str(templates)})

    def shown(self) -> set[str]:
        files = (self._folder / "dashboards").glob("shard-*/*.json")
        return {json.loads(file.read_bytes())["description"] for file in files}


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    return Deployment(tmp_path)


@contextmanager
def working(settings: Settings, watcher: Unwatched | None = None) -> Iterator[Services]:
    stop = threading.Event()
    with opened_services(settings, program="worker") as services:
        worker = build_worker(services, watcher=watcher)
        thread = threading.Thread(target=worker.run, args=(stop,))
        thread.start()
        try:
            yield services
        finally:
            stop.set()
            thread.join()


def until(true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def writes(services: Services) -> int:
    return len(build_reconciler(services).plan().steps)


def settled(services: Services) -> bool:
    return services.records.documents.backlog()[0] == 0


def registered(services: Services) -> None:
    for number in range(5):
        services.devices.put(f"rig-{number}", {"hostname": f"Rig {number}"}, "test")


def test_templates_of_a_second_prepare_are_applied_by_the_worker_that_runs(deployment: Deployment) -> None:
    old, new = deployment.version("old"), deployment.version("new")
    prepare_all(old)
    with working(old) as services:
        registered(services)
        until(lambda: deployment.shown() == {"old"} and settled(services), "the first version is on the disk")
        with opened_services(new, program="prepare") as second:  # what `prepare` does, the worker between its steps
            reconciler = build_reconciler(second)
            build_template_loading(second).load()
            until(lambda: settled(services), "the worker has looked at every document")
            reconciler.prepare_files()
        assert deployment.shown() == {"new"}
        assert writes(services) == 0
    prepare_all(new)
    with working(new) as services:
        until(lambda: settled(services), "the new worker has nothing left")
        assert deployment.shown() == {"new"}
        assert writes(services) == 0


def outdated(settings: Settings) -> str:
    """What doctor says of documents that are not as wanted and that no pass owes."""
    facts, _ = look_at_state(settings)
    return " ".join(one.what for one in state_findings(facts) if one.kind.id == "documents-outdated")


class Audited(Unwatched):
    """Remembers what audits found."""

    def __init__(self) -> None:
        self.found: list[Any] = []

    def audited(self, report: Any, seconds: float) -> None:
        self.found.append(report)


def test_documents_of_an_earlier_template_are_named_by_doctor_and_found_by_the_next_audit(
    deployment: Deployment,
) -> None:
    """What an earlier version left behind: the templates are adopted, nothing is marked, and documents are old."""
    old, new = deployment.version("old"), deployment.version("new")
    prepare_all(old)
    with working(old) as services:
        registered(services)
        until(lambda: deployment.shown() == {"old"} and settled(services), "the first version is on the disk")
    with opened_services(old, program="test") as services:
        with services.store.read() as connection:
            kept = {row.uid: row for row in connection.execute(select(documents))}
        bodies = {row.file: (old.dashboards_dir / row.file).read_bytes() for row in kept.values()}
    prepare_all(new)
    with opened_services(new, program="test") as services:
        with services.store.write() as write:
            for uid, row in kept.items():
                facts = {"written_hash": row.written_hash, "input_hash": row.input_hash, "dirty": False}
                write.connection.execute(update(documents).where(documents.c.uid == uid).values(**facts))
        for file, body in bodies.items():
            (new.dashboards_dir / file).write_bytes(body)
        assert writes(services) > 0
        assert settled(services)
    assert "5 dashboard(s)" in outdated(new)

    audits = Audited()
    with working(new, audits) as services:
        until(lambda: deployment.shown() == {"new"} and settled(services), "the audit has found them")
        assert writes(services) == 0
        assert [len(report.outdated) for report in audits.found] == [5]
    assert outdated(new) == ""
    # Found once: what is as it should be is not marked by the next one.
    with opened_services(new, program="test") as services:
        number = services.store.change_number()
        assert build_reconciler(services).audit().outdated == frozenset()
        assert services.store.change_number() == number
