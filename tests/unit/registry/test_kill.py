"""kill -9 in the middle of a registration: what was acknowledged is there, and nothing is there by half."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from backend_server.storage import schema
from backend_server.storage.engine.store import Store
from tests.support.fleet import device_registry

_REGISTER_FOR_EVER = """
import sys
from pathlib import Path
from backend_server.storage.engine.store import Store
from tests.support.fleet import device_registry

store = Store.open(sys.argv[1] or None, Path(sys.argv[2]))
registry = device_registry(store)
for number in range(100_000):
    registry.put(f"{sys.argv[3]}-{number}", {"hostname": "x"}, "poller")
    print(number, flush=True)
"""


def whole(store: Store) -> Any:
    """Check that each device has all that belongs to it; gives the devices' ids."""
    with store.read() as connection:
        ids = set(connection.execute(select(schema.devices.c.id)).scalars())
        documents = dict(connection.execute(select(schema.documents.c.object_id, schema.documents.c.uid)).all())
        published = set(connection.execute(select(schema.publications.c.document_uid)).scalars())
        linked = set(connection.execute(select(schema.links.c.object_id)).scalars())
        noted = set(connection.execute(select(schema.audit.c.object_id)).scalars())
    assert documents.keys() == linked == noted == ids
    assert published == set(documents.values())
    return ids


def kill_after(statements: Any, database: tuple[str | None, Path]) -> Any:
    """In a process of its own: register one device, and be killed after so many statements. Gives how it ended."""
    pid = os.fork()
    if pid == 0:
        try:
            store = Store.open(*database)
            left = [statements]

            @event.listens_for(store._writer, "after_cursor_execute")
            def count(*_: Any) -> None:
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

            device_registry(store).put("rig-1", {"hostname": "x"}, "poller")
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_killed_after_any_statement_all_or_nothing_is_there(database: tuple[str | None, Path]) -> None:
    ended, statements = -signal.SIGKILL, 0
    while ended == -signal.SIGKILL:
        ended = kill_after(statements, database)
        store = Store.open(*database)
        there = whole(store)
        store.close()
        assert there == (set() if ended == -signal.SIGKILL else {"rig-1"})
        statements += 1
    assert ended == 0
    assert statements > 6


def test_killed_at_any_time_what_was_acknowledged_is_there(database: tuple[str | None, Path]) -> None:
    url, data_dir = database
    chance = random.Random(7)
    for turn in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", _REGISTER_FOR_EVER, url or "", str(data_dir), f"t{turn}"],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[3],
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.random() * 0.3)
        process.kill()
        acknowledged = process.stdout.read().decode().split("\n")[:-1]
        process.stdout.close()
        process.wait()
        store = Store.open(*database)
        there = whole(store)
        assert there >= {f"t{turn}-{number}" for number in acknowledged} | {f"t{turn}-0"}
        device_registry(store).put(f"after-{turn}", {}, "poller")
        store.close()
    if url is None:
        connection = sqlite3.connect(data_dir / "dashwright.db")
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        connection.close()


@pytest.mark.parametrize("deed", ["retire", "revive"])
def test_killed_in_a_deed_it_is_done_or_not(sqlite_store: Store, tmp_path: Path, deed: str) -> None:
    registry = device_registry(sqlite_store)
    registry.put("rig-1", {"kind": "miner"}, "poller")
    if deed == "revive":
        registry.retire("rig-1", "ann")
    before = registry.get("rig-1").record.retired_at
    for statements in range(9):
        pid = os.fork()
        if pid == 0:
            store = Store.open(None, tmp_path)
            left = [statements]

            @event.listens_for(store._writer, "after_cursor_execute")
            def count(*_: Any, left: Any = left) -> None:
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

            getattr(device_registry(store), deed)("rig-1", "ann")
            os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(pid, 0)
        view = registry.get("rig-1")
        done = view.record.retired_at != before
        retired = view.record.retired_at is not None
        assert {document.wanted for document in view.documents} == {"absent" if retired else "present"}
        assert {link.suspended_at is not None for link in view.links} == {retired}
        if done:
            break
