"""When things are due: named times, the window that changes share, and jobs that others add to the worker's turn."""

from __future__ import annotations

from backend_server.reconcile.change_window import ChangeWindow
from backend_server.reconcile.schedule import Schedule


class Clock:
    """A moment that a test moves, and a store's change number."""

    def __init__(self) -> None:
        self.moment = 100.0
        self.change = 7

    def change_number(self) -> int:
        return self.change


def test_what_was_never_put_off_is_due_at_once_and_again_when_its_time_has_come() -> None:
    clock = Clock()
    schedule = Schedule(lambda: clock.moment)
    assert schedule.is_due("audit")
    schedule.postpone("audit", 5)
    assert not schedule.is_due("audit")
    assert schedule.is_due("probe")
    clock.moment += 5
    assert schedule.is_due("audit")
    schedule.postpone("audit", 60)
    schedule.at_once("audit")
    assert schedule.is_due("audit")


def test_changes_share_a_window_that_is_never_begun_again() -> None:
    clock = Clock()
    window = ChangeWindow(clock, Schedule(lambda: clock.moment), 1.0)
    assert window.look()
    assert not window.is_over
    clock.moment += 0.6
    clock.change += 1
    assert not window.look()  # the window of the first change goes on
    clock.moment += 0.4
    assert window.is_over
    window.close()
    assert not window.look()
    clock.moment += 10
    assert not window.is_over


def test_without_a_window_a_pass_is_due_at_once() -> None:
    clock = Clock()
    window = ChangeWindow(clock, Schedule(lambda: clock.moment), 0.0)
    assert window.look()
    assert window.is_over


def test_what_is_tried_again_wakes_by_itself_but_not_sooner_than_a_window_lasts() -> None:
    clock = Clock()
    window = ChangeWindow(clock, Schedule(lambda: clock.moment), 1.0)
    window.look()
    window.close()
    window.wake_in(0.2)
    clock.moment += 0.5
    assert not window.is_over
    clock.moment += 0.5
    assert window.is_over
    window.wake_in(None)
    assert not window.is_over


def test_an_audit_opens_the_window_whatever_the_number_is() -> None:
    clock = Clock()
    window = ChangeWindow(clock, Schedule(lambda: clock.moment), 0.0)
    window.look()
    window.close()
    window.reopen()
    assert window.look()
