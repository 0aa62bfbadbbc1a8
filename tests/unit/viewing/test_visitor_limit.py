"""A datasource that hangs keeps some threads of the server, and never all of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from backend_server.primitives.concurrency_limit import ConcurrencyLimit
from backend_server.settings.capacity import MOST_VISITORS, MOST_WAITING, WEB_THREADS
from backend_server.viewing.viewing import Viewing
from backend_server.viewing.visits import Visit
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
    assert max(MOST_VISITORS, MOST_WAITING) < WEB_THREADS


@pytest.mark.parametrize("route", ["page", "data"])
def test_visitors_of_a_hanging_datasource_are_refused_once_the_limit_is_reached(route: str) -> None:
    now = 100.0
    metrics = HangingSource()
    visitors = Visitors(metrics=metrics)
    limit = ConcurrencyLimit(2, patience_seconds=1.0, clock=lambda: now)
    viewing = Viewing(visitors.links, visitors.viewer, visitors.counts, clock_ms=visitors.clock_ms, limit=limit)
    # The second asks the same question: it waits for the first one's answer, and keeps a thread as well.
    hanging = [in_thread(lambda: viewing.panel_data(TOKEN, "1", b"{}")) for _ in range(2)]
    try:
        assert metrics.begun.acquire(timeout=30)
        until(lambda: limit.in_use == 2, 30, what="both ask")
        now = 102.0
        if route == "data":
            refused = viewing.panel_data(TOKEN, "1", b"{}")
            assert (refused.status, refused.headers["Retry-After"].isdigit()) == (503, True)
        else:
            assert viewing.page(TOKEN, Visit()).refusal.reason == "unavailable"
        assert viewing.state(TOKEN).status == 200, "how the link stands is told all the same"
    finally:
        metrics.go_on.set()
        for thread in hanging:
            thread.join(30)
    assert viewing.panel_data(TOKEN, "1", b"{}").status == 200
    visitors.close()
