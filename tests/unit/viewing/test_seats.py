"""A datasource that hangs keeps some threads of the server, and never all of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from backend_server.viewing.seats import SEATS, Seats
from backend_server.viewing.viewing import Viewing
from backend_server.viewing.visits import Visit
from backend_server.web.server import THREADS
from tests.support.processes import until
from tests.support.visitors import EMPTY_MATRIX, TOKEN, CountingSource, Visitors


@dataclass
class HangingSource(CountingSource):
    """A Prometheus that answers once it is let go."""

    go_on: threading.Event = field(default_factory=threading.Event)
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def _give(self, *asked: object) -> bytes:
        self.begun.release()
        assert self.go_on.wait(30)
        return EMPTY_MATRIX


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_the_server_keeps_threads_for_everybody_else() -> None:
    assert SEATS < THREADS


def test_in_a_rush_one_waits_for_a_seat_and_gets_it() -> None:
    seats = Seats(1, patience_seconds=30)
    entered, leave = threading.Event(), threading.Event()
    got: list[bool] = []

    def first() -> None:
        with seats.seat():
            entered.set()
            leave.wait(30)

    def second() -> None:
        with seats.seat() as seated:
            got.append(seated)

    sitting = in_thread(first)
    assert entered.wait(30)
    waiting = in_thread(second)
    leave.set()
    for thread in (sitting, waiting):
        thread.join(30)
    assert got == [True]


def test_where_something_hangs_nobody_waits() -> None:
    now = 100.0
    seats = Seats(2, patience_seconds=1.0, clock=lambda: now)
    with seats.seat() as first, seats.seat() as second:
        assert (first, second) == (True, True)
        now = 101.5
        with seats.seat() as third:
            assert third is False
    with seats.seat() as after:
        assert after is True


@pytest.mark.parametrize("route", ["page", "data"])
def test_visitors_of_a_hanging_datasource_are_refused_once_the_seats_are_taken(route: str) -> None:
    now = 100.0
    metrics = HangingSource()
    visitors = Visitors(metrics=metrics)
    seats = Seats(2, patience_seconds=1.0, clock=lambda: now)
    viewing = Viewing(visitors.links, visitors.viewer, visitors.counts, clock_ms=visitors.clock_ms, seats=seats)
    # The second asks the same question: it waits for the first one's answer, and keeps a thread as well.
    hanging = [in_thread(lambda: viewing.panel_data(TOKEN, "1", b"{}")) for _ in range(2)]
    try:
        assert metrics.begun.acquire(timeout=30)
        until(lambda: len(seats._taken) == 2, 30, what="both sit")
        now = 102.0
        if route == "data":
            refused = viewing.panel_data(TOKEN, "1", b"{}")
            assert (refused.status, refused.headers["Retry-After"].isdigit()) == (503, True)
        else:
            assert viewing.page(TOKEN, Visit()).refusal.reason == "unavailable"  # type: ignore[union-attr]  # the notice
        assert viewing.state(TOKEN).status == 200, "how the link stands is told all the same"
    finally:
        metrics.go_on.set()
        for thread in hanging:
            thread.join(30)
    assert viewing.panel_data(TOKEN, "1", b"{}").status == 200
    visitors.close()
