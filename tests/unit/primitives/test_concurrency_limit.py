"""At most so many at a time, a short wait in a rush, and none where something hangs."""

from __future__ import annotations

import threading
from collections.abc import Callable

from backend_server.primitives.concurrency_limit import ConcurrencyLimit


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_in_a_rush_one_waits_and_gets_in() -> None:
    limit = ConcurrencyLimit(1, patience_seconds=30)
    entered, leave = threading.Event(), threading.Event()
    got: list[bool] = []

    def first() -> None:
        with limit.acquire():
            entered.set()
            leave.wait(30)

    def second() -> None:
        with limit.acquire() as acquired:
            got.append(acquired)

    inside = in_thread(first)
    assert entered.wait(30)
    waiting = in_thread(second)
    leave.set()
    for thread in (inside, waiting):
        thread.join(30)
    assert got == [True]


def test_where_something_hangs_nobody_waits() -> None:
    now = 100.0
    limit = ConcurrencyLimit(2, patience_seconds=1.0, clock=lambda: now)
    with limit.acquire() as first, limit.acquire() as second:
        assert (first, second) == (True, True)
        now = 101.5
        with limit.acquire() as third:
            assert third is False
    with limit.acquire() as after:
        assert after is True
