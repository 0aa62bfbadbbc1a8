"""A database that another process holds: writes are refused within one deadline, and what is known is answered."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from backend_server.web import requests
from tests.support.app import LiveApp, running_app

PATIENCE_SECONDS = 1.0


@contextmanager
def locked(app: LiveApp) -> Iterator[None]:
    with (
        app.passes.hold(),
        closing(sqlite3.connect(app.settings.data_dir / "dashwright.db", isolation_level=None)) as other,
    ):
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveApp]:
    monkeypatch.setattr(requests, "WRITE_PATIENCE_SECONDS", PATIENCE_SECONDS)
    with running_app(tmp_path) as running:
        assert running.call("PUT", "/api/devices/rig-1", {"hostname": "Rig 1"}).status == 201
        yield running


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/api/devices/rig-2", {"hostname": "Rig 2"}),
        ("POST", "/api/links", {"device": "rig-1"}),
        ("DELETE", "/api/devices/rig-1", None),
    ],
)
def test_a_write_is_refused_for_now(app: LiveApp, method: str, path: str, body: object) -> None:
    with locked(app):
        refused = app.call(method, path, body)
    assert refused.status == 503
    assert refused.headers["Retry-After"] == "5"
    assert refused.json()["error"]["code"] == "unavailable"
    assert "locked by another process" in refused.json()["error"]["message"]
    assert app.call(method, path, body).status < 300, "nothing was left behind"


def test_all_waits_of_all_writers_share_the_deadline_of_their_request(app: LiveApp) -> None:
    answers: list[int] = []

    def put(number: int) -> None:
        answers.append(app.call("PUT", f"/api/devices/new-{number}", {"hostname": "New"}, timeout_seconds=120).status)

    threads = [threading.Thread(target=put, args=(number,)) for number in range(20)]
    with locked(app):
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - began
    assert answers == [503] * 20
    # One after another they would take 20 deadlines and more; how many a slow machine needs is not the matter.
    assert seconds < 20 * PATIENCE_SECONDS


def test_what_is_known_is_answered_meanwhile(app: LiveApp) -> None:
    with locked(app):
        assert app.call("PUT", "/api/devices/rig-1", {"hostname": "Rig 1"}).status == 200
        assert app.call("GET", "/api/devices/rig-1").status == 200
        assert app.call("GET", "/server/health").status == 200
