"""At most so many at a time, a bounded wait for one's turn, at most so many a second, and what bounds fetches."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from backend_server.errors import AskedTooOften, Busy
from backend_server.primitives.limits import ConcurrencyLimit, FetchLimits, RateLimit, works_for


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_in_a_rush_one_waits_and_gets_in() -> None:
    limit = ConcurrencyLimit(1, queue=1, patience_seconds=30)
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
    assert limit.in_use == 0


def test_who_finds_the_queue_full_is_refused_at_once_and_who_waits_too_long_then() -> None:
    limit = ConcurrencyLimit(1, queue=1, patience_seconds=0.05)
    with limit.acquire() as first:
        with limit.acquire() as second:
            assert (first, second) == (True, False), "its turn did not come"
        with pytest.raises(Busy) as refused, limit.turn("things happen"):
            pass
    assert refused.value.details["retry_after_seconds"]
    patient = ConcurrencyLimit(1, patience_seconds=3600)
    with patient.acquire(), patient.acquire() as second:
        assert second is False, "there is no queue, so there is nothing to wait for"
    with limit.acquire() as after:
        assert after is True


def test_a_rate_lets_a_burst_through_and_then_so_many_a_second_for_each_key() -> None:
    now = 100.0
    rate = RateLimit(10, burst=5, clock=lambda: now)
    assert [rate.take("a") for _ in range(7)] == [True] * 5 + [False] * 2
    assert rate.take("b"), "each has its own"
    now = 100.11
    assert [rate.take("a"), rate.take("a")] == [True, False]
    now = 200.0
    assert [rate.take("a") for _ in range(7)] == [True] * 5 + [False] * 2
    assert all(RateLimit(0, burst=0).take("a") for _ in range(1000)), "0 is no limit"


def test_a_rate_forgets_keys_that_have_nothing_against_them() -> None:
    now = 100.0
    rate = RateLimit(1, burst=1, clock=lambda: now)
    for number in range(10_000):
        rate.take(f"client-{number}")
    now = 200.0
    assert rate.take("one more")
    assert len(rate._until) == 1


def test_who_waits_for_a_fetch_holds_one_thread_however_many_it_starts() -> None:
    limits = FetchLimits(ConcurrencyLimit(1), ConcurrencyLimit(2))
    with limits.waiting(), limits.waiting(), limits.fetching(), limits.fetching():
        caught: list[Exception] = []

        def another() -> None:
            try:
                with limits.waiting():
                    pass
            except Busy as refused:
                caught.append(refused)

        in_thread(another).join(30)
        assert len(caught) == 1
    with limits.waiting():
        pass


def test_each_client_has_a_rate_of_its_own_and_the_house_itself_has_none() -> None:
    limits = FetchLimits(rate=RateLimit(1, burst=2, clock=lambda: 100.0))

    def fetch(client: str, times: int) -> None:
        works_for(client)
        with ExitStack() as stack:
            for _ in range(times):
                stack.enter_context(limits.fetching())

    fetch("192.0.2.1", 2)
    with pytest.raises(AskedTooOften):
        fetch("192.0.2.1", 1)
    fetch("192.0.2.2", 2)
    fetch("", 10)
