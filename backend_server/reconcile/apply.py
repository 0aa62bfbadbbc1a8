"""Carrying a plan out, step by step: each outcome is stored before the next step acts on it, so any stop can resume.

Every step is idempotent. One document's fault puts off that document alone; Grafana being away ends what needs Grafana
and leaves the rest of the pass alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from backend_server.documents.status import DocumentState, Wanted
from backend_server.errors import DashwrightError
from backend_server.links.publication import PublicationState

from .circuit_breaker import RELOAD_FORBIDDEN, CircuitBreaker, Stopping, is_away, upstream_status
from .filling import Filled
from .model import DocumentRow, PassReport, RowUpdate
from .plan import Action, Plan
from .ports import Checkpoint, DocumentRecord, Files, Grafana, Purge
from .reloads import Reloader
from .row_updates import finished, moved_on, put_off, quarantined, waiting

_T = TypeVar("_T")

PROVE_AT_ONCE = 4
PUBLISH_AT_ONCE = 2  # more only queue in Grafana
_LOOK_AGAIN_MS = 3_000
GRAFANA_AWAY = "Grafana cannot be reached; it is tried again."
WALK_AWAITED = "Waiting for Grafana to read its files by itself; we may not ask it to."
_NOT_LOADED = (
    "Grafana has not taken the file: it still has {found}. Its log names the cause; often another file has the same "
    "title or uid, which stops all writing of a provider."
)


@dataclass(frozen=True, slots=True)
class Hands:
    """What a pass acts with."""

    documents: DocumentRecord
    purge: Purge
    files: Files
    grafana: Grafana | None
    reloader: Reloader | None
    breaker: CircuitBreaker
    checkpoint: Checkpoint
    provider_interval_ms: int
    stopping: Callable[[], bool]


@dataclass(slots=True)
class Carrying:
    """One plan being carried out. `rows` holds every row of the plan, `filled` what each wanted one should be."""

    hands: Hands
    plan: Plan
    rows: Mapping[str, DocumentRow]
    filled: Mapping[str, Filled]
    now_ms: int
    seen: dict[str, int] = field(default_factory=dict)
    alive: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    done: dict[str, set[str]] = field(default_factory=dict)
    tripped: bool = False
    reload_fault: str = ""

    def carry_out(self) -> PassReport:
        """Take all steps; gives what became of each document. Raises LeaseLost, and UpstreamError of the database."""
        self.seen = {uid: row.change for uid, row in self.rows.items()}
        self.alive = {step.uid for step in self.plan.steps if step.uid in self.rows} | {
            uid for uid, one in self.filled.items() if one.wanted is not None
        }
        reloads_before = self.hands.reloader.count if self.hands.reloader else 0
        self._write()
        self._unpublish()
        self._remove()
        if self.hands.grafana is not None and self._reload():
            self._prove()
            self._publish()
            self._delete()
        self._finish()
        purged = self._purge()
        return PassReport(
            **self._outcomes(),
            failed=dict(self.failed),
            held=frozenset(step.uid for step in self.plan.held),
            purged=purged,
            reloads=(self.hands.reloader.count - reloads_before) if self.hands.reloader else 0,
            grafana=self.hands.breaker.reason,
        )

    def write_only(self) -> PassReport:
        """Write the files of the plan and store that, nothing else: what Grafana does with them comes later."""
        self.seen = {uid: row.change for uid, row in self.rows.items()}
        self.alive = {step.uid for step in self.plan.steps}
        self._write()
        return PassReport(written=frozenset(self.done.get("written", ())), failed=dict(self.failed))

    # The steps, in order

    def _write(self) -> None:
        uids = self._next(Action.WRITE)
        bodies = {self.rows[uid].file: document.body for uid in uids if (document := self.filled[uid].document)}
        if not bodies:
            return
        self.hands.checkpoint("before write")
        report = self.hands.files.swap_all(bodies, known=bodies.keys())
        self.hands.checkpoint("after write")
        notes = []
        for uid in uids:
            row, filled = self.rows[uid], self.filled[uid]
            refusal = report.refused.get(row.file)
            if refusal is not None:
                notes.append(self._fail(uid, refusal.message, state=DocumentState.FAILED))
            elif filled.document is not None:
                self._done("written", uid)
                facts = {
                    "written_hash": filled.document.content,
                    "input_hash": filled.input_hash,
                    "template": filled.template,
                    "title": filled.document.title,
                    "refresh": filled.refresh,
                }
                notes.append(moved_on(row, self.seen[uid], DocumentState.WRITTEN, facts))
        self._store("written", notes)

    def _unpublish(self) -> None:
        uids = self._next(Action.UNPUBLISH)
        if not uids or self.hands.grafana is None or not self.hands.breaker.allows_calls:
            return
        self._store(
            "unwanted",
            [RowUpdate(uid, self.seen[uid], public=PublicationState.UNWANTED) for uid in uids if uid in self.alive],
        )
        outcomes = self._each("unpublish", self._still(uids), self.hands.grafana.unpublish, PUBLISH_AT_ONCE)
        notes = self._faults(outcomes)
        for uid in _good(outcomes):
            self._done("unpublished", uid)
            notes.append(RowUpdate(uid, self.seen[uid], public=PublicationState.GONE))
        self._store("unpublished", notes)

    def _remove(self) -> None:
        uids = self._next(Action.REMOVE_FILE)
        if self.hands.grafana is not None:
            # The file goes only once the public dashboard is proven gone; else a stop here would leave it open.
            open_ones = set(self._next(Action.UNPUBLISH)) - self.done.get("unpublished", set())
            uids = [uid for uid in uids if uid not in open_ones]
        if not uids:
            return
        files = [self.rows[uid].file for uid in uids]
        self.hands.checkpoint("before remove file")
        try:
            self.hands.files.remove_all(files, known=files)
        except DashwrightError as fault:
            self._store("removed", [self._fail(uid, fault.message) for uid in uids])
            return
        self.hands.checkpoint("after remove file")
        for uid in uids:
            self._done("removed", uid)
        facts = {"written_hash": None, "input_hash": None}
        self._store(
            "removed", [moved_on(self.rows[uid], self.seen[uid], DocumentState.RETIRING, facts) for uid in uids]
        )

    def _reload(self) -> bool:
        """Have Grafana read its files; False when what follows must wait for another pass."""
        if self.hands.stopping():
            self.alive.clear()
            return False
        if not self.hands.breaker.allows_calls:
            self._wait_for_grafana()
            return False
        if (
            self.hands.breaker.reload_forbidden
            or not self.plan.reloads
            or not self._needs_reload()
            or self.hands.reloader is None
        ):
            return True
        self.hands.checkpoint("before reload")
        try:
            self.hands.reloader.reload()
        except DashwrightError as fault:
            if is_away(fault):
                self._trip(fault)
                self._wait_for_grafana()
                return False
            # Grafana's own walk comes within the interval all the same, and proof tells whether it came.
            if upstream_status(fault) == RELOAD_FORBIDDEN:
                self.hands.breaker.reload_forbidden = True
            else:
                self.reload_fault = fault.message
        else:
            self.hands.breaker.reset()
        self.hands.checkpoint("after reload")
        return True

    def _prove(self) -> None:
        grafana = self.hands.grafana
        assert grafana is not None
        outcomes = self._each("prove", self._next(Action.PROVE), grafana.loaded, PROVE_AT_ONCE, changes=False)
        notes = self._faults(outcomes)
        publish = set(self.plan.uids(Action.PUBLISH))
        for uid, found in _good(outcomes).items():
            wanted = self.filled[uid].wanted
            assert wanted is not None
            if found != wanted.content:
                notes.append(self._not_loaded(uid, found))
                continue
            self._done("loaded", uid)
            if uid not in publish:
                # One that is yet to be published is proven again after a stop: "loaded" alone shows nobody anything.
                notes.append(moved_on(self.rows[uid], self.seen[uid], DocumentState.LOADED, {"loaded_hash": found}))
        self._store("loaded", notes)

    def _publish(self) -> None:
        grafana = self.hands.grafana
        assert grafana is not None
        unproven = set(self.plan.uids(Action.PROVE)) - self.done.get("loaded", set())
        uids = [uid for uid in self._next(Action.PUBLISH, Action.UPDATE_PUBLIC) if uid not in unproven]
        without = [uid for uid in uids if not self.rows[uid].public_uid or not self.rows[uid].access_token]
        notes = [self._fail(uid, "It has no publication ids in the record; register it again.") for uid in without]

        def publish(uid: str) -> None:
            row = self.rows[uid]
            grafana.publish(uid, row.public_uid or "", row.access_token or "")

        outcomes = self._each("publish", [uid for uid in uids if uid in self.alive], publish, PUBLISH_AT_ONCE)
        notes += self._faults(outcomes)
        for uid in _good(outcomes):
            wanted = self.filled[uid].wanted
            assert wanted is not None
            self._done("published", uid)
            notes.append(RowUpdate(uid, self.seen[uid], {"loaded_hash": wanted.content}, public=PublicationState.LIVE))
        self._store("published", notes)

    def _delete(self) -> None:
        grafana = self.hands.grafana
        assert grafana is not None
        removed = self.done.get("removed", set())
        uids = [uid for uid in self._next(Action.DELETE_DASHBOARD) if uid in removed]
        outcomes = self._each("delete dashboard", uids, grafana.delete_dashboard, PUBLISH_AT_ONCE)
        notes = self._faults(outcomes)
        proofs = self._each("prove gone", list(_good(outcomes)), grafana.loaded, PROVE_AT_ONCE, changes=False)
        notes += self._faults(proofs)
        for uid, found in _good(proofs).items():
            if found is None:
                self._done("gone", uid)
                notes.append(RowUpdate(uid, self.seen[uid], {"loaded_hash": None}))
            else:
                notes.append(self._fail(uid, "Grafana still has the dashboard after it was deleted."))
        self._store("gone", notes)

    def _finish(self) -> None:
        """Close the books of all documents for which every step was taken."""
        notes = []
        unmet: dict[str, set[str]] = {
            name: {step.uid for step in self.plan.steps if step.action in actions} - self.done.get(name, set())
            for name, actions in _PROVEN_BY.items()
        }
        for uid in sorted(self.alive):
            if any(uid in uids for uids in unmet.values()):
                continue
            row = self.rows[uid]
            if row.wanted is Wanted.ABSENT:
                facts: dict[str, object] = {"loaded_hash": None}
                if self.hands.grafana is None:
                    self._done("gone", uid)
                notes.append(finished(row, self.seen[uid], DocumentState.GONE, facts))
            else:
                wanted = self.filled[uid].wanted
                assert wanted is not None
                # Without Grafana the file is what visitors are shown, so written is loaded.
                facts = {"loaded_hash": wanted.content} if self.hands.grafana is None else {}
                problem = self.filled[uid].problem
                if problem is None:
                    notes.append(finished(row, self.seen[uid], DocumentState.LIVE, facts))
                else:
                    self.failed[uid] = problem
                    notes.append(quarantined(row, self.seen[uid], problem))
                    continue
            self._done("finished", uid)
        self._store("finished", notes)

    def _purge(self) -> int:
        ids = self.plan.uids(Action.PURGE)
        if not ids:
            return 0
        self.hands.checkpoint("before purge")
        count = self.hands.purge.run(ids)
        self.hands.checkpoint("after purge")
        return count

    # What the steps share

    def _outcomes(self) -> dict[str, Any]:
        return {name: frozenset(uids) for name, uids in self.done.items()}

    def _next(self, *actions: Action) -> list[str]:
        return [step.uid for step in self.plan.steps if step.action in actions and step.uid in self.alive]

    def _still(self, uids: Iterable[str]) -> list[str]:
        return [uid for uid in uids if uid in self.alive]

    def _done(self, name: str, uid: str) -> None:
        self.done.setdefault(name, set()).add(uid)

    def _needs_reload(self) -> bool:
        return bool(self._next(Action.PROVE, Action.DELETE_DASHBOARD))

    def _store(self, what: str, notes: Sequence[RowUpdate]) -> None:
        """Store notes; a row somebody else changed meanwhile takes no further part, the next pass has it."""
        if not notes:
            return
        self.hands.checkpoint(f"before storing {what}")
        unmoved = self.hands.documents.update(notes)
        self.hands.checkpoint(f"after storing {what}")
        for note in notes:
            if note.uid in unmoved:
                self.seen[note.uid] = unmoved[note.uid]
            else:
                self.alive.discard(note.uid)

    def _fail(self, uid: str, reason: str, *, state: DocumentState | None = None) -> RowUpdate:
        self.alive.discard(uid)
        self.failed[uid] = reason
        return put_off(self.rows[uid], self.seen[uid], reason, self.now_ms, state=state)

    def _faults(self, outcomes: Mapping[str, object]) -> list[RowUpdate]:
        """Put off what failed; when Grafana is away, everything left waits for it."""
        notes = []
        for uid, outcome in outcomes.items():
            if not isinstance(outcome, DashwrightError):
                continue
            if isinstance(outcome, Stopping):
                self.alive.discard(uid)
            elif is_away(outcome):
                self._trip(outcome)
                self.alive.discard(uid)
                if self.rows[uid].reason != GRAFANA_AWAY:
                    notes.append(waiting(self.rows[uid], self.seen[uid], GRAFANA_AWAY))
            else:
                notes.append(self._fail(uid, outcome.message))
        return notes

    def _trip(self, fault: DashwrightError) -> None:
        if not self.tripped:
            self.tripped = True
            self.hands.breaker.trip(fault)

    def _wait_for_grafana(self) -> None:
        uids = self._still({step.uid for step in self.plan.steps if step.action in _NEEDS_GRAFANA})
        unaware = [uid for uid in uids if self.rows[uid].reason != GRAFANA_AWAY]
        self._store("waiting", [waiting(self.rows[uid], self.seen[uid], GRAFANA_AWAY) for uid in unaware])
        self.alive -= set(uids)

    def _not_loaded(self, uid: str, found: str | None) -> RowUpdate:
        row = self.rows[uid]
        self.alive.discard(uid)
        looked = row.attempts + 1
        if self.hands.breaker.reload_forbidden and looked * _LOOK_AGAIN_MS < 2 * self.hands.provider_interval_ms:
            return waiting(row, self.seen[uid], WALK_AWAITED, attempts=looked, retry_at=self.now_ms + _LOOK_AGAIN_MS)
        words = _NOT_LOADED.format(found="no such dashboard" if found is None else "other content")
        return self._fail(uid, f"{words} ({self.reload_fault})" if self.reload_fault else words)

    def _each(
        self, what: str, uids: Collection[str], call: Callable[[str], _T], at_once: int, *, changes: bool = True
    ) -> dict[str, _T | DashwrightError]:
        """Call for each uid, few at once; gives answers and errors, and asks no more once Grafana is away."""
        away: list[DashwrightError] = []
        lock = threading.Lock()

        def one(uid: str) -> _T | DashwrightError:
            with lock:
                if away:
                    return away[0]
            if self.hands.stopping():
                return Stopping("The process is ending.")
            try:
                if changes:
                    self.hands.checkpoint(f"before {what}")
                answer = call(uid)
                if changes:
                    self.hands.checkpoint(f"after {what}")
            except DashwrightError as fault:
                if is_away(fault):
                    with lock:
                        away.append(fault)
                return fault
            return answer

        ordered = list(uids)
        if len(ordered) <= 1:
            outcomes = {uid: one(uid) for uid in ordered}
        else:
            with ThreadPoolExecutor(min(at_once, len(ordered)), thread_name_prefix="reconcile") as pool:
                outcomes = dict(zip(ordered, pool.map(one, ordered), strict=True))
        if outcomes and not away and not self.hands.stopping():
            self.hands.breaker.reset()
        return outcomes


_NEEDS_GRAFANA = frozenset(
    {Action.UNPUBLISH, Action.PROVE, Action.PUBLISH, Action.UPDATE_PUBLIC, Action.DELETE_DASHBOARD}
)
_PROVEN_BY: Mapping[str, frozenset[Action]] = {
    "written": frozenset({Action.WRITE}),
    "unpublished": frozenset({Action.UNPUBLISH}),
    "removed": frozenset({Action.REMOVE_FILE}),
    "loaded": frozenset({Action.PROVE}),
    "published": frozenset({Action.PUBLISH, Action.UPDATE_PUBLIC}),
    "gone": frozenset({Action.PROVE_GONE}),
}


def _good(outcomes: Mapping[str, _T | DashwrightError]) -> dict[str, _T]:
    return {uid: outcome for uid, outcome in outcomes.items() if not isinstance(outcome, DashwrightError)}
