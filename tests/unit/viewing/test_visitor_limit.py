"""A datasource that hangs keeps some threads of the server, never all of them; what is remembered costs nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from backend_server.primitives.limits import ConcurrencyLimit, FetchLimits, RateLimit, works_for
from backend_server.settings import capacity
from backend_server.viewing.visits import Visit
from tests.support.processes import until
from tests.support.visitors import EMPTY_MATRIX, TOKEN, CountingSource, Visitors, dashboard, target


@dataclass
class HangingSource(CountingSource):
    """A Prometheus that answers once it is let go."""

    go_on: threading.Event = field(default_factory=threading.Event)
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def _give(self, *asked: object) -> bytes:
        self.begun.release()
        assert self.go_on.wait(60)
        return EMPTY_MATRIX


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_all_that_may_hold_threads_leaves_some_for_everybody_else() -> None:
    shares = [share for share in vars(capacity).values() if isinstance(share, capacity.Share)]
    assert len(shares) == 4
    assert sum(share.threads for share in shares) + capacity.ALWAYS_FREE == capacity.WEB_THREADS
    assert capacity.ALWAYS_FREE >= 4
    assert all(0 < share.at_once <= share.threads for share in shares)


def test_visitors_of_a_hanging_datasource_are_refused_once_the_limit_is_reached() -> None:
    metrics = HangingSource()
    threads = ConcurrencyLimit(2)
    visitors = Visitors(metrics=metrics, fetches=FetchLimits(threads))
    viewing = visitors.viewing
    # The second asks the same question: it waits for the first one's answer, and keeps a thread as well.
    hanging = [in_thread(lambda: viewing.panel_data(TOKEN, "1", b"{}")) for _ in range(2)]
    try:
        assert metrics.begun.acquire(timeout=60)
        until(lambda: threads.in_use == 2, 60, what="both ask")
        raw = viewing.panel_data(TOKEN, "1", b"{}")
        for refused in (raw, viewing.panel_query(TOKEN, "1", "application/json", b"{}")):
            assert (refused.status, refused.headers["Retry-After"].isdigit()) == (503, True)
        assert viewing.state(TOKEN).status == 200, "how the link stands is told all the same"
        assert viewing.page(TOKEN, Visit()), "and so is the page, which asks nobody"
    finally:
        metrics.go_on.set()
        for thread in hanging:
            thread.join(60)
    assert viewing.panel_data(TOKEN, "1", b"{}").status == 200
    visitors.close()


def test_what_is_remembered_is_given_to_everybody_however_much_hangs() -> None:
    metrics = HangingSource()
    threads = ConcurrencyLimit(1)
    visitors = Visitors(metrics=metrics, fetches=FetchLimits(threads))
    metrics.go_on.set()
    assert visitors.viewing.panel_data(TOKEN, "1", b"{}").status == 200
    metrics.go_on.clear()
    asking = in_thread(lambda: visitors.viewing.panel_data(TOKEN, "2", b"{}"))
    try:
        until(lambda: threads.in_use == 1, 60, what="another panel's query hangs")
        assert visitors.viewing.panel_data(TOKEN, "1", b"{}").status == 200
        assert visitors.viewing.panel_data(TOKEN, "2", b"{}").status == 503
    finally:
        metrics.go_on.set()
        asking.join(60)
    visitors.close()


def test_a_panel_of_many_queries_holds_one_thread() -> None:
    metrics, threads = HangingSource(), ConcurrencyLimit(1)
    visitors = Visitors(metrics=metrics, fetches=FetchLimits(threads, ConcurrencyLimit(8)))
    visitors.documents.put(
        dashboard(
            {"id": 1, "type": "timeseries", "targets": [target(f"m{number}", f"Q{number}") for number in range(6)]}
        )
    )
    metrics.go_on.set()
    answer = visitors.viewing.panel_data(TOKEN, "1", b"{}")
    assert {result["status"] for result in orjson.loads(answer.body)["results"].values()} == {200}
    assert threads.in_use == 0
    visitors.close()


def test_an_office_of_100_viewers_behind_one_address_is_never_refused() -> None:
    visitors = Visitors(fetches=FetchLimits(rate=RateLimit(5, burst=5)))
    works_for("192.0.2.1")
    statuses = []
    for refresh in range(3):
        visitors.now_ms += 60_000 * refresh
        for _ in range(100):
            answer = orjson.loads(visitors.viewing.panel_data(TOKEN, "1", b"{}").body)
            statuses += [result["status"] for result in answer["results"].values()]
    assert set(statuses) == {200}
    assert len(visitors.metrics.asked) == 3
    visitors.close()


def test_a_client_that_asks_ever_new_queries_is_refused_and_others_are_not() -> None:
    visitors = Visitors(fetches=FetchLimits(rate=RateLimit(1, burst=3)))

    def statuses(client: str, first: int) -> list[int]:
        works_for(client)
        found = []
        for number in range(first, first + 6):
            body = orjson.dumps({"from": f"now-{number}h", "to": "now"})
            answer = orjson.loads(visitors.viewing.panel_data(TOKEN, "1", body).body)
            found += [result["status"] for result in answer["results"].values()]
        return found

    assert 429 in statuses("192.0.2.1", 1)
    assert statuses("192.0.2.2", 100)[:3] == [200] * 3
    visitors.close()
