"""Pages of Grafana that cannot be cleaned are remembered until they read again."""

from __future__ import annotations

from backend_server.viewing.relay.readability import Readability


class Clock:
    now = 1.0

    def __call__(self) -> float:
        return self.now


def test_a_page_that_reads_clears_its_own_fault_only() -> None:
    heard: list[str] = []
    pages = Readability(heard.append)
    assert pages.fault is None
    pages.failed("one", "no settings")
    pages.failed("two", "an address")
    pages.failed("one", "no user")
    assert heard == ["no settings", "an address", "no user"]
    assert pages.fault == "no user"
    pages.reads("one")
    pages.reads("three")
    assert pages.fault == "an address"
    pages.reads("two")
    assert pages.fault is None


def test_what_nobody_meets_any_more_is_forgotten() -> None:
    clock = Clock()
    pages = Readability(clock=clock)
    pages.failed("one", "no settings")
    clock.now += 3599
    assert pages.fault == "no settings"
    clock.now += 2
    assert pages.fault is None


def test_the_memory_is_bounded() -> None:
    pages = Readability()
    for number in range(3000):
        pages.failed(str(number), str(number))
    pages.reads("2999")
    assert pages.fault == "2998"
    assert len(pages._faults) == 999
