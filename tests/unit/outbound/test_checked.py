"""Many addresses at once: decided by the guard, remembered, and held up by no name."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from backend_server.outbound import CheckedAddresses, OutboundGuard, Purpose


class Names:
    """A resolver told what to say; counts what it was asked."""

    def __init__(self, **known: str) -> None:
        self.known = {f"{name}.example": address for name, address in known.items()}
        self.asked: list[str] = []
        self.silent = threading.Event()
        self.silent.set()

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        if host == "silent.example":
            self.silent.wait(30)
        if host not in self.known:
            raise OSError("unknown")
        return [self.known[host]]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, "did not come about in time"
        time.sleep(0.01)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def checked(names: Names, clock: Clock, allow: str = "", wait_seconds: float = 10.0) -> CheckedAddresses:
    guard = OutboundGuard(allow, resolve=names, own=lambda: ())
    return CheckedAddresses(guard, Purpose.DEVICE, wait_seconds=wait_seconds, monotonic=clock)


def test_each_is_decided_by_where_it_leads(clock: Clock) -> None:
    names = Names(good="10.0.0.7", bad="169.254.169.254")
    urls = [
        "http://good.example",
        "http://bad.example:80",
        "http://none.example",
        "http://10.0.0.8",
        "http://127.0.0.1",
    ]
    refused = checked(names, clock).refused(urls)
    assert set(refused) == {"http://bad.example:80", "http://none.example", "http://127.0.0.1"}
    assert "metadata" in refused["http://bad.example:80"]
    assert "cannot be resolved" in refused["http://none.example"]
    assert checked(names, clock, allow="127.0.0.0/8").refused(["http://127.0.0.1"]) == {}


def test_decisions_are_kept_a_minute_and_then_made_again(clock: Clock) -> None:
    names = Names(moves="10.0.0.7")
    many = checked(names, clock)
    for _ in range(3):
        assert many.refused(["http://moves.example"]) == {}
    assert names.asked == ["moves.example"]
    names.known["moves.example"] = "127.0.0.1"
    clock.now = 61.0
    many.refused(["http://moves.example"])  # the old word stands while the name is looked up
    until(lambda: "http://moves.example" in many.refused(["http://moves.example"]))
    assert names.asked == ["moves.example", "moves.example"]


def test_a_name_that_dns_does_not_answer_for_a_while_is_not_dropped(clock: Clock) -> None:
    names = Names(good="10.0.0.7")
    many = checked(names, clock)
    many.refused(["http://good.example"])
    del names.known["good.example"]
    clock.now = 61.0
    many.refused(["http://good.example"])
    until(lambda: len(names.asked) == 2 and not many._asked)
    assert many.refused(["http://good.example"]) == {}


def test_a_silent_name_is_left_out_and_holds_up_nobody_for_long(clock: Clock) -> None:
    names = Names(good="10.0.0.7", silent="10.0.0.8")
    names.silent.clear()
    many = checked(names, clock, wait_seconds=0.2)
    try:
        refused = many.refused(["http://silent.example", "http://good.example"])
        assert set(refused) == {"http://silent.example"}
        assert "still being resolved" in refused["http://silent.example"]
    finally:
        names.silent.set()
    until(lambda: not many.refused(["http://silent.example"]))


def test_a_fleet_of_names_and_addresses_is_asked_for_once_each(clock: Clock) -> None:
    names = Names(**{f"node-{number}": f"10.1.{number // 250}.{number % 250 + 1}" for number in range(500)})
    urls = [f"http://{name}:9100" for name in names.known] + [f"http://10.2.0.{number}" for number in range(1, 255)]
    many = checked(names, clock, wait_seconds=60)
    assert many.refused(urls) == {}
    assert many.refused(urls) == {}
    assert sorted(names.asked) == sorted(names.known)
