"""Guarded memory: right as of each use, and read only when its number moved."""

from __future__ import annotations

import threading

import pytest

from backend_server.primitives.memory import Guarded


class Source:
    """A value with its number, and how often it was read."""

    def __init__(self) -> None:
        self.number, self.value, self.reads = 1, "first", 0

    def read(self) -> str:
        self.reads += 1
        return self.value

    def change_number(self) -> int:
        return self.number


def test_it_reads_once_and_again_only_when_the_number_moved() -> None:
    source = Source()
    current = Guarded(source.read, source.change_number)
    assert [current(), current()] == ["first", "first"]
    assert source.reads == 1

    source.number, source.value = 2, "second"

    assert [current(), current()] == ["second", "second"]
    assert source.reads == 2


def test_a_read_that_fails_keeps_nothing() -> None:
    source = Source()
    faults = [OSError("away")]

    def read() -> str:
        if faults:
            raise faults.pop()
        return source.read()

    current = Guarded(read, source.change_number)
    with pytest.raises(OSError, match="away"):
        current()
    assert current() == "first"


def test_a_write_of_our_own_is_not_read_again() -> None:
    source = Source()
    current = Guarded(source.read, source.change_number)
    current()
    source.number = 2
    current.keep(2, "ours")
    assert (current(), source.reads) == ("ours", 1)


def test_of_many_threads_one_reads() -> None:
    source, begin = Source(), threading.Barrier(8)
    current = Guarded(source.read, source.change_number)

    def use() -> None:
        begin.wait()
        current()

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert source.reads == 1
