"""Waiting: a few at a time, no busy loop, and an end at the deadline or when the process stops."""

from __future__ import annotations

import threading
import time

import pytest

from backend_server.errors import InvalidInput
from backend_server.web.waiting import WaitingRoom, wait_seconds


@pytest.mark.parametrize(
    ("text", "seconds"), [(None, 0.0), ("", 0.0), ("10s", 10.0), ("500ms", 0.5), ("7", 7.0), ("30s", 30.0), ("0", 0.0)]
)
def test_wait_is_a_duration_or_seconds(text: str | None, seconds: float) -> None:
    assert wait_seconds(text) == seconds


@pytest.mark.parametrize("text", ["31s", "-1", "1e3", "ten", "٣", "999999999999"])
def test_what_is_no_wait_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="wait"):
        wait_seconds(text)


def test_one_more_than_there_is_room_for_does_not_wait_and_a_left_place_is_free_again() -> None:
    room = WaitingRoom(2)
    with room.acquire() as one, room.acquire() as two, room.acquire() as three:
        assert (one, two, three) == (True, True, False)
    with room.acquire() as again:
        assert again


def test_it_looks_again_only_when_the_change_number_moved() -> None:
    room, looks, number = WaitingRoom(), [], iter([1] + [1] * 5 + [2] * 100)

    def is_so() -> bool:
        looks.append(1)
        return len(looks) == 2

    assert room.until(is_so, lambda: next(number), 5)
    assert len(looks) == 2


def test_the_deadline_ends_it() -> None:
    began = time.monotonic()
    assert not WaitingRoom().until(lambda: False, lambda: 1, 0.1)
    assert 0.1 <= time.monotonic() - began < 1


def test_a_stop_ends_all_waiting_at_once() -> None:
    room = WaitingRoom()
    threading.Timer(0.1, room.stop).start()
    began = time.monotonic()
    assert not room.until(lambda: False, lambda: 1, 20)
    assert time.monotonic() - began < 5
    with room.acquire() as acquired:
        assert not acquired
