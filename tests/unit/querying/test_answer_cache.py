"""Equal questions share one answer."""

from __future__ import annotations

import threading

import pytest

from backend_server.errors import UpstreamError, UpstreamTimeout
from backend_server.querying.answer_cache import AnswerCache, SharedAnswers


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_answer_is_shared_while_it_is_fetched_and_for_its_time_after() -> None:
    clock, calls = Clock(), []
    cache = AnswerCache[bytes](clock=clock)
    started, release = threading.Event(), threading.Event()

    def fetch() -> bytes:
        calls.append(1)
        started.set()
        release.wait(5)
        return b"answer"

    got: list[bytes] = []
    threads = [threading.Thread(target=lambda: got.append(cache.get("q", 5, fetch))) for _ in range(20)]
    for thread in threads:
        thread.start()
    started.wait(5)
    release.set()
    for thread in threads:
        thread.join()
    assert got == [b"answer"] * 20
    assert cache.get("q", 5, fetch) == b"answer"
    assert len(calls) == 1
    clock.now = 5.0
    assert cache.get("q", 5, fetch) == b"answer"
    assert len(calls) == 2


def test_a_failure_reaches_all_who_wait_and_is_forgotten_soon() -> None:
    clock, calls = Clock(), []
    cache = AnswerCache[bytes](clock=clock)

    def fail() -> bytes:
        calls.append(1)
        raise UpstreamError("down")

    for _ in range(3):
        with pytest.raises(UpstreamError, match="down"):
            cache.get("q", 60, fail)
    assert len(calls) == 1
    clock.now = 1.0
    assert cache.get("q", 60, lambda: b"back") == b"back"


def test_an_unexpected_fault_reaches_its_asker_and_is_not_kept() -> None:
    cache = AnswerCache[bytes](clock=Clock())

    def break_down() -> bytes:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cache.get("q", 60, break_down)
    assert cache.get("q", 60, lambda: b"fine") == b"fine"


def test_who_waits_does_not_wait_for_ever() -> None:
    cache = AnswerCache[bytes](wait_seconds=0.05)
    release = threading.Event()
    slow = threading.Thread(target=lambda: cache.get("q", 1, lambda: b"x" if release.wait(5) else b""))
    slow.start()
    while not cache._entries:
        pass
    with pytest.raises(UpstreamTimeout):
        cache.get("q", 1, lambda: b"never")
    release.set()
    slow.join()


def test_the_oldest_answers_make_room() -> None:
    cache = AnswerCache[bytes](max_bytes=10_000)
    for number in range(50):
        cache.get(number, 60, lambda: b"x" * 1000)
    calls: list[int] = []
    cache.get(49, 60, lambda: calls.append(1) or b"")  # type: ignore[func-returns-value]  # counts the call
    assert calls == []
    cache.get(0, 60, lambda: calls.append(1) or b"")  # type: ignore[func-returns-value]  # counts the call
    assert calls == [1]


def test_answers_of_one_kind_are_fetched_in_one_way() -> None:
    asked: list[str] = []

    def fetch(question: str) -> str:
        asked.append(question)
        return question.upper()

    shared = SharedAnswers(fetch, 60, size=len)
    assert [shared("a"), shared("a"), shared("b")] == ["A", "A", "B"]
    assert asked == ["a", "b"]
