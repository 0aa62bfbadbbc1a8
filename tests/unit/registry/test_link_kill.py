"""kill -9 in the middle of a rotation: the link has its old token or its new one, and never both, neither or a half."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from backend_server.links import LinkState
from backend_server.storage import schema
from backend_server.storage.engine.store import Store
from tests.support.fleet import device_registry, link_registry


def kill_after(statements: Any, database: tuple[str | None, Path], token: Any) -> Any:
    """In a process of its own: rotate the link, and be killed after so many statements. Gives how it ended."""
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

            link_registry(store).rotate(token, "ann", grace_seconds=60)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def standing(store: Store) -> Any:
    """Return what is stored of the one link: token, tokens it had, rotations noted."""
    with store.read() as connection:
        token = connection.execute(select(schema.links.c.token)).scalar_one()
        old = list(connection.execute(select(schema.old_link_tokens.c.token)).scalars())
        actions = list(connection.execute(select(schema.audit.c.action)).scalars())
    return token, old, actions.count("link.rotate")


def test_killed_after_any_statement_of_a_rotation_it_is_done_or_not(database: tuple[str | None, Path]) -> None:
    store = Store.open(*database)
    link = device_registry(store).put("rig-1", {"hostname": "x"}, "poller").view.link
    store.close()
    ended, statements = -signal.SIGKILL, 0
    while ended == -signal.SIGKILL:
        ended = kill_after(statements, database, link.token)
        store = Store.open(*database)
        token, old, noted = standing(store)
        visitors = link_registry(store)
        if ended == -signal.SIGKILL:
            assert (token, old, noted) == (link.token, [], 0)
        else:
            assert token != link.token
            assert (old, noted) == ([link.token], 1)
            assert visitors.directory.find(link.token).rotated_out_at is not None
        assert visitors.directory.find_slug(link.slug).link.token == token
        assert visitors.directory.find(token).state(0) is LinkState.PENDING
        store.close()
        statements += 1
    assert ended == 0
    assert statements > 4


@pytest.mark.parametrize("deed", ["pause", "revoke"])
def test_a_killed_writer_holds_nobody_up(database: tuple[str | None, Path], deed: str) -> None:
    """Its transaction is taken back by the database, and the next process goes on."""
    store = Store.open(*database)
    link = device_registry(store).put("rig-1", {"hostname": "x"}, "poller").view.link
    assert kill_after(2, database, link.token) == -signal.SIGKILL
    getattr(link_registry(store), deed)(link.token, "ann")
    wanted = LinkState.PAUSED if deed == "pause" else LinkState.REVOKED
    assert link_registry(store).directory.find(link.token).state(0) is wanted
    store.close()
