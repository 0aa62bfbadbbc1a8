"""The whole is as good as its worst component; what is said of a component is safe for everyone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from backend_server.documents.status import DocumentState
from backend_server.errors import UpstreamError
from backend_server.monitoring.checks import STUCK_AFTER_MS, DiskCheck, DocumentsCheck, PollerCheck, WorkerCheck
from backend_server.monitoring.health import HealthCheck
from backend_server.monitoring.model import Heartbeat, LeaseState, Level, Part, Verdict
from backend_server.monitoring.storage_advice import StorageAdvice


class State:
    """The store, as a test says it is."""

    def __init__(self) -> None:
        self.reached = True
        self.counts: dict[DocumentState, int] = {}
        self.leads: LeaseState | None = LeaseState("one", 7, held=True)
        self.beat: Heartbeat | None = Heartbeat(7, passed=True, at=1_000_000, last_pass_at=None)
        self.held = self.folder_failed = False
        self.now = 1_000_000

    def is_lost(self) -> bool:
        return False

    def is_reached(self) -> bool:
        return self.reached

    def documents_by_state(self) -> dict[DocumentState, int]:
        return self.counts

    def lease(self) -> LeaseState | None:
        return self.leads

    def heartbeat(self) -> Heartbeat | None:
        return self.beat

    def removals_held(self) -> bool:
        return self.held

    def templates_folder_failed(self) -> bool:
        return self.folder_failed

    def now_ms(self) -> int:
        return self.now


@pytest.mark.parametrize(
    ("levels", "verdict"),
    [
        ([Level.OK], Verdict.READY),
        ([Level.OK, Level.DEGRADED], Verdict.DEGRADED),
        ([Level.DOWN, Level.DEGRADED, Level.OK], Verdict.NOT_READY),
    ],
)
def test_the_worst_level_is_the_wholes(levels: list[Level], verdict: Verdict) -> None:
    assert Verdict.of(levels) is verdict


def report(database: Callable[[], Part], stored: Callable[[], Part]) -> dict[str, object]:
    return HealthCheck(database, slow={}, quick={}, stored={"worker": stored}).report()


def test_without_a_database_nobody_asks_it_for_the_worker() -> None:
    def asked() -> Part:
        raise AssertionError("it was asked")

    assert report(lambda: Part(Level.DOWN, "cannot be reached"), asked) == {
        "status": "not_ready",
        "live": True,
        "components": {"database": {"status": "down", "message": "cannot be reached"}},
    }


def test_a_row_that_cannot_be_read_is_down_and_says_no_more() -> None:
    def fails() -> Part:
        raise UpstreamError("postgresql://10.0.0.1 went away")

    told = report(lambda: Part(Level.OK), fails)
    assert told["components"] == {
        "database": {"status": "ok"},
        "worker": {"status": "down", "message": "cannot be looked at"},
    }


@pytest.mark.parametrize("dead", [Level.DEGRADED, Level.DOWN])
def test_whoever_leads_is_known_by_lease_first_pass_and_beat(dead: Level) -> None:
    state = State()
    check = WorkerCheck(state, dead)
    assert check().facts == {"last_seen_at": "1970-01-01T00:16:40.000Z"}
    state.now += STUCK_AFTER_MS + 1
    assert check() == Part(dead, "is stalled; changes wait")
    state.beat = Heartbeat(6, passed=True, at=state.now)
    assert "first pass" in check().message
    state.beat = None
    assert "first pass" in check().message
    state.leads = LeaseState("one", 7, held=False)
    assert check().message == "no worker leads; changes wait"
    state.leads = None
    assert check() == Part(dead, "has not begun yet")


def test_documents_that_failed_or_wait_for_a_word_degrade_and_are_counted() -> None:
    state = State()
    told: list[Any] = []
    check = DocumentsCheck(state, told.append)
    state.counts = {DocumentState.PENDING: 2, DocumentState.FAILED: 1}
    assert check() == Part(
        Level.DEGRADED,
        "some cannot be made or published; each says why",
        {"total": 3, "pending": 2, "failed": 1},
    )
    state.held = True
    assert check().message == "removals wait for a person's word"
    assert told == [state.counts, state.counts]


class Poller:
    def __init__(self, answer: bool | None) -> None:
        self.answer = answer

    def healthy(self) -> bool:
        if self.answer is None:
            raise UpstreamError("no")
        return self.answer

    def readings(self) -> bytes:
        raise AssertionError("not asked")


@pytest.mark.parametrize(("answer", "level"), [(True, Level.OK), (False, Level.DOWN), (None, Level.DOWN)])
def test_a_silent_poller_is_as_bad_as_its_place_makes_it(answer: bool | None, level: Level) -> None:
    assert PollerCheck(Poller(answer), Level.DOWN)().level is level


def test_a_disk_that_is_nearly_full_or_gone_is_told() -> None:
    def gone() -> int:
        raise OSError

    assert DiskCheck(lambda: 10**9)().level is Level.OK
    assert DiskCheck(lambda: 10**6)().level is Level.DEGRADED
    assert DiskCheck(gone)() == Part(Level.DOWN, "the data folder cannot be read")


@pytest.mark.parametrize(
    ("in_a_file", "derived", "vanishes", "told"),
    [(True, False, True, True), (False, False, True, False), (True, True, True, False), (True, False, False, False)],
)
def test_only_a_file_on_a_vanishing_disk_without_derived_tokens_is_warned_of(
    in_a_file: bool, derived: bool, vanishes: bool, told: bool
) -> None:
    advice = StorageAdvice(in_a_file=in_a_file, derived_tokens=derived, disk_vanishes=lambda: vanishes)
    assert advice.may_vanish() is told
