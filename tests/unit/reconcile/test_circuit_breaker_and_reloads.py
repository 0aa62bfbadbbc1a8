"""Grafana away is asked again later and later; reloads are shared, and their faults with them."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from backend_server.errors import InputError, UpstreamError, UpstreamTimeout
from backend_server.reconcile.circuit_breaker import CircuitBreaker, is_away
from backend_server.reconcile.reloads import Reloader


@pytest.mark.parametrize(
    ("fault", "away"),
    [
        (UpstreamError("refused"), True),
        (UpstreamTimeout("too slow"), True),
        (UpstreamError("busy", details={"status": 503}), True),
        (UpstreamError("who are you", details={"status": 401}), True),
        (UpstreamError("broken inside", details={"status": 500}), False),
        (UpstreamError("you may not", details={"status": 403}), False),
        (UpstreamError("no such", details={"status": 404}), False),
        (InputError("ours"), False),
    ],
)
def test_a_fault_is_about_grafana_as_a_whole_or_about_one_document(fault: Any, away: bool) -> None:
    assert is_away(fault) is away


def test_the_breaker_allows_calls_again_later_each_time_and_at_once_after_an_answer() -> None:
    now = [0.0]
    breaker = CircuitBreaker(lambda: now[0])
    assert breaker.allows_calls
    assert breaker.wait_seconds is None
    waits: list[float] = []
    for _ in range(8):
        breaker.trip(UpstreamError("refused"))
        assert not breaker.allows_calls
        waits.append(breaker.wait_seconds)
        now[0] += breaker.wait_seconds
        assert breaker.allows_calls
    assert waits == sorted(waits) or max(waits) <= 5
    assert 0.2 <= waits[0] <= 0.25
    assert 4 <= waits[-1] <= 5
    assert breaker.reason == "refused"
    breaker.reset()
    assert breaker.allows_calls
    assert breaker.reason is None


def test_a_grafana_that_starts_is_asked_again_soon_however_long_it_takes() -> None:
    breaker = CircuitBreaker(lambda: 0.0)
    for _ in range(20):
        breaker.trip(UpstreamError("nobody listens", details={"refused": True}))
    assert breaker.wait_seconds is not None
    assert breaker.wait_seconds <= 0.5


def test_whoever_asks_while_a_reload_runs_shares_the_next_one() -> None:
    running, go_on = threading.Event(), threading.Event()
    at_once, most = [0], [0]

    def reload() -> None:
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        running.set()
        go_on.wait(5)
        at_once[0] -= 1

    reloader = Reloader(reload)
    first = threading.Thread(target=reloader.reload)
    first.start()
    running.wait(5)
    others = [threading.Thread(target=reloader.reload) for _ in range(10)]
    for other in others:
        other.start()
    go_on.set()
    for thread in (first, *others):
        thread.join(5)
    assert 2 <= reloader.count <= 3
    assert most == [1]


def test_a_reload_that_failed_fails_for_all_who_shared_it_and_the_next_is_tried_anew() -> None:
    faults = [UpstreamError("no"), None]

    def reload() -> None:
        fault = faults.pop(0)
        if fault:
            raise fault

    reloader = Reloader(reload)
    with pytest.raises(UpstreamError, match="no"):
        reloader.reload()
    reloader.reload()
    assert reloader.count == 2
