"""Running a plan, step by step: each outcome is stored before the next step acts on it, so any stop can resume.

Every step is idempotent. One document's fault puts off that document alone; Grafana being away ends what needs Grafana
and leaves the rest of the pass alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from ..model import PassReport
from .closing import PurgeDevices, finish
from .file_actions import RemoveFiles, WriteFiles
from .grafana_actions import DeleteDashboards, ProveGone, ProveLoaded, Publish, Reload, Unpublish, UpdatePublic
from .plan import Action
from .run import PassRun


class PassAction(Protocol):
    """All steps of one action, for those documents that still take part."""

    def run(self, run: PassRun) -> None: ...


ACTIONS: Mapping[Action, PassAction] = {
    Action.WRITE: WriteFiles(),
    Action.UNPUBLISH: Unpublish(),
    Action.REMOVE_FILE: RemoveFiles(),
    Action.RELOAD: Reload(),
    Action.PROVE: ProveLoaded(),
    Action.PUBLISH: Publish(),
    Action.UPDATE_PUBLIC: UpdatePublic(),
    Action.DELETE_DASHBOARD: DeleteDashboards(),
    Action.PROVE_GONE: ProveGone(),
    Action.PURGE: PurgeDevices(),
}


class PassRunner:
    """Runs plans by a table of actions, in the order of `Action`."""

    def __init__(self, actions: Mapping[Action, PassAction] = ACTIONS) -> None:
        self._actions = actions

    def run(self, run: PassRun) -> PassReport:
        """Run all steps; returns each document's outcome. Raises LeaseLost, and UpstreamError of the database."""
        reloader = run.context.reloader
        reloads_before = reloader.count if reloader else 0
        for action in Action:
            self._actions[action].run(run)
        finish(run)
        return _report(run, reloads=reloader.count - reloads_before if reloader else 0)

    def write_files(self, run: PassRun) -> PassReport:
        """Write the files of the plan and store that, nothing else: what Grafana does with them comes later."""
        self._actions[Action.WRITE].run(run)
        return _report(run)


def _report(run: PassRun, *, reloads: int = 0) -> PassReport:
    return PassReport(
        outcomes={outcome: frozenset(uids) for outcome, uids in run.outcomes.items() if uids},
        failed=dict(run.failed),
        held=frozenset(step.uid for step in run.plan.held),
        purged=run.purged,
        reloads=reloads,
        grafana=run.context.breaker.reason,
    )
