"""The end of a pass: documents whose every step was taken are at rest, and devices kept long enough are forgotten."""

from __future__ import annotations

from collections.abc import Mapping

from backend_server.documents.status import DocumentState, Wanted

from ..model import Outcome, RowUpdate
from .plan import Action
from .row_updates import finished, quarantined
from .run import PassRun

_PROVEN_BY: Mapping[Outcome, frozenset[Action]] = {
    Outcome.WRITTEN: frozenset({Action.WRITE}),
    Outcome.UNPUBLISHED: frozenset({Action.UNPUBLISH}),
    Outcome.REMOVED: frozenset({Action.REMOVE_FILE}),
    Outcome.LOADED: frozenset({Action.PROVE}),
    Outcome.PUBLISHED: frozenset({Action.PUBLISH, Action.UPDATE_PUBLIC}),
    Outcome.GONE: frozenset({Action.PROVE_GONE}),
}


def finish(run: PassRun) -> None:
    """Store that nothing is left to do, for all documents whose every planned step has its outcome."""
    unmet = set().union(*(run.unmet(outcome, *actions) for outcome, actions in _PROVEN_BY.items()))
    updates = []
    for uid in sorted(run.taking_part - unmet - run.outcomes[Outcome.FINISHED]):
        gone = run.rows[uid].wanted is Wanted.ABSENT
        updates.append(_gone(run, uid) if gone else at_rest(run, uid))
    run.store("finished", updates)


def _gone(run: PassRun, uid: str) -> RowUpdate:
    if run.context.grafana is None:
        run.outcomes[Outcome.GONE].add(uid)
    run.outcomes[Outcome.FINISHED].add(uid)
    return finished(run.rows[uid], run.seen[uid], DocumentState.GONE, {"loaded_hash": None})


def at_rest(run: PassRun, uid: str) -> RowUpdate:
    """Return the update of a wanted document whose every step was taken."""
    problem = run.filled[uid].problem
    if problem is not None:
        run.failed[uid] = problem
        return quarantined(run.rows[uid], run.seen[uid], problem)
    # Without Grafana the file is what visitors are shown, so written is loaded.
    facts = {"loaded_hash": run.wanted(uid).content} if run.context.grafana is None else {}
    run.outcomes[Outcome.FINISHED].add(uid)
    return finished(run.rows[uid], run.seen[uid], DocumentState.LIVE, facts)


class PurgeDevices:
    """Forgets devices that were retired long ago."""

    def run(self, run: PassRun) -> None:
        """Purge those of the plan."""
        device_ids = run.plan.uids(Action.PURGE)
        if not device_ids:
            return
        run.context.checkpoint("before purge")
        run.purged = run.context.purge.run(device_ids)
        run.context.checkpoint("after purge")
