"""One plan under way: which documents still take part, and what became of each so far."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from backend_server.documents.status import DocumentState
from backend_server.errors import DashwrightError

from ..circuit_breaker import CircuitBreaker, Stopping, is_away
from ..model import DocumentRow, Outcome, RowUpdate
from ..ports import Checkpoint, DocumentRecord, Files, Grafana, PublicationRecord, Purge
from ..reloads import Reloader
from .fill import Filled
from .plan import Action, Plan, WantedDocument
from .row_updates import postponed, waiting

GRAFANA_AWAY = "Grafana cannot be reached; it is tried again."
_NEEDS_GRAFANA = frozenset(
    {Action.UNPUBLISH, Action.PROVE, Action.PUBLISH, Action.UPDATE_PUBLIC, Action.DELETE_DASHBOARD}
)


@dataclass(frozen=True, slots=True)
class PassContext:
    """What a pass acts with. `grafana` and `reloader` are None where the built-in viewer serves."""

    documents: DocumentRecord
    publications: PublicationRecord
    purge: Purge
    files: Files
    grafana: Grafana | None
    reloader: Reloader | None
    breaker: CircuitBreaker
    checkpoint: Checkpoint
    provider_interval_ms: int
    should_stop: Callable[[], bool]


class PassRun:
    """A plan's documents. `rows` holds every row of the plan, `filled` what each wanted one should be.

    A document that failed, waits, or was changed by somebody else meanwhile takes no further part: the next pass has
    it.
    """

    def __init__(
        self,
        context: PassContext,
        plan: Plan,
        rows: Mapping[str, DocumentRow],
        filled: Mapping[str, Filled],
        now_ms: int,
    ) -> None:
        self.context = context
        self.plan = plan
        self.rows = rows
        self.filled = filled
        self.now_ms = now_ms
        self.seen = {uid: row.change for uid, row in rows.items()}
        self.taking_part = {step.uid for step in plan.steps if step.uid in rows} | {
            uid for uid, document in filled.items() if document.wanted is not None
        }
        self.outcomes: dict[Outcome, set[str]] = {outcome: set() for outcome in Outcome}
        self.failed: dict[str, str] = {}
        self.purged = 0
        self.reload_fault = ""
        self._tripped = False

    def next(self, *actions: Action) -> list[str]:
        """Return the uids whose turn it is, in the plan's order."""
        return [step.uid for step in self.plan.steps if step.action in actions and step.uid in self.taking_part]

    def unmet(self, outcome: Outcome, *actions: Action) -> set[str]:
        """Return the uids for which the actions are planned whose outcome did not come."""
        return {step.uid for step in self.plan.steps if step.action in actions} - self.outcomes[outcome]

    @property
    def finished(self) -> Collection[str]:
        """The uids for which nothing is left to do."""
        return self.outcomes[Outcome.FINISHED]

    def wanted(self, uid: str) -> WantedDocument:
        """Return what a wanted document should be; only one that could be made takes part."""
        wanted = self.filled[uid].wanted
        assert wanted is not None
        return wanted

    def store(self, what: str, updates: Sequence[RowUpdate]) -> None:
        """Store updates before anything acts on them; a row somebody else changed takes no further part."""
        if not updates:
            return
        self.context.checkpoint(f"before storing {what}")
        unmoved = self.context.documents.update(updates)
        self.context.checkpoint(f"after storing {what}")
        for update in updates:
            if update.uid in unmoved:
                self.seen[update.uid] = unmoved[update.uid]
            else:
                self.taking_part.discard(update.uid)

    def fail(self, uid: str, reason: str, *, state: DocumentState | None = None) -> RowUpdate:
        """Return the update of a document whose step failed; it is tried again later."""
        self.taking_part.discard(uid)
        self.failed[uid] = reason
        return postponed(self.rows[uid], self.seen[uid], reason, self.now_ms, state=state)

    def faults(self, answers: Mapping[str, object]) -> list[RowUpdate]:
        """Return the updates of what failed; when Grafana is away, everything left waits for it."""
        updates = []
        for uid, fault in answers.items():
            if not isinstance(fault, DashwrightError):
                continue
            if isinstance(fault, Stopping):
                self.taking_part.discard(uid)
            elif is_away(fault):
                self.trip(fault)
                self.taking_part.discard(uid)
                updates += self._waiting([uid])
            else:
                updates.append(self.fail(uid, fault.message))
        return updates

    def trip(self, fault: DashwrightError) -> None:
        """Record that Grafana is away, once for a pass."""
        if not self._tripped:
            self._tripped = True
            self.context.breaker.trip(fault)

    def wait_for_grafana(self) -> None:
        """Leave everything that needs Grafana to a later pass."""
        uids = self.next(*_NEEDS_GRAFANA)
        self.store("waiting", self._waiting(uid for uid in dict.fromkeys(uids) if uid not in self.finished))
        self.taking_part -= set(uids)

    def stop(self) -> None:
        """Stop the pass before its next step: the process is ending."""
        self.taking_part.clear()

    def _waiting(self, uids: Iterable[str]) -> list[RowUpdate]:
        unaware: Collection[str] = [uid for uid in uids if self.rows[uid].reason != GRAFANA_AWAY]
        return [waiting(self.rows[uid], self.seen[uid], GRAFANA_AWAY) for uid in unaware]
