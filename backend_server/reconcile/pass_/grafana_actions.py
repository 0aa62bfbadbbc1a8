"""The steps of a pass that work on Grafana: its reload, what it has loaded, and its public dashboards."""

from __future__ import annotations

from backend_server.documents.status import DocumentState
from backend_server.errors import DashwrightError
from backend_server.links.publication import PublicationState

from ..circuit_breaker import RELOAD_FORBIDDEN, is_away, upstream_status
from ..model import Outcome, RowUpdate
from .calls import answered, ask_each, change_each
from .plan import Action
from .row_updates import advanced, waiting
from .run import PassRun

WALK_AWAITED = "Waiting for Grafana to read its files by itself; we may not ask it to."
_LOOK_AGAIN_MS = 3_000
_NOT_LOADED = (
    "Grafana has not taken the file: it still has {found}. Its log names the cause; often another file has the same "
    "title or uid, which stops all writing of a provider."
)


class Unpublish:
    """Takes public dashboards away."""

    def run(self, run: PassRun) -> None:
        """Store that they are not wanted, then take them away; not while Grafana is away."""
        uids, grafana = run.next(Action.UNPUBLISH), run.context.grafana
        if not uids or grafana is None or not run.context.breaker.allows_calls:
            return
        run.store("unwanted", [RowUpdate(uid, run.seen[uid], public=PublicationState.UNWANTED) for uid in uids])
        answers = change_each(run.context, "unpublish", run.next(Action.UNPUBLISH), grafana.unpublish)
        updates = run.faults(answers)
        for uid in answered(answers):
            run.outcomes[Outcome.UNPUBLISHED].add(uid)
            updates.append(RowUpdate(uid, run.seen[uid], public=PublicationState.GONE))
        run.store("unpublished", updates)


class Reload:
    """Has Grafana read its files, once for all of them."""

    def run(self, run: PassRun) -> None:
        """Reload where something waits for it; what needs Grafana waits for another pass while it is away."""
        if run.context.grafana is None:
            return
        if run.context.should_stop():
            run.stop()
        elif not run.context.breaker.allows_calls:
            run.wait_for_grafana()
        elif self._is_needed(run):
            self._reload(run)

    def _is_needed(self, run: PassRun) -> bool:
        may = run.context.reloader is not None and not run.context.breaker.reload_forbidden
        return may and run.plan.reloads and bool(run.next(Action.PROVE, Action.DELETE_DASHBOARD))

    def _reload(self, run: PassRun) -> None:
        reloader, breaker = run.context.reloader, run.context.breaker
        assert reloader is not None
        run.context.checkpoint("before reload")
        try:
            reloader.reload()
        except DashwrightError as fault:
            if is_away(fault):
                run.trip(fault)
                run.wait_for_grafana()
                return
            # Grafana's own walk comes within the interval all the same, and proof tells whether it came.
            if upstream_status(fault) == RELOAD_FORBIDDEN:
                breaker.reload_forbidden = True
            else:
                run.reload_fault = fault.message
        else:
            breaker.reset()
        run.context.checkpoint("after reload")


class ProveLoaded:
    """Proves that Grafana has loaded what was written, by the content hash it gives back."""

    def run(self, run: PassRun) -> None:
        """Read each dashboard back and compare."""
        uids, grafana = run.next(Action.PROVE), run.context.grafana
        if not uids or grafana is None:
            return
        answers = ask_each(run.context, uids, grafana.loaded)
        updates = run.faults(answers)
        publish = set(run.plan.uids(Action.PUBLISH))
        for uid, loaded in answered(answers).items():
            if loaded != run.wanted(uid).content:
                updates.append(self._not_loaded(run, uid, loaded))
                continue
            run.outcomes[Outcome.LOADED].add(uid)
            if uid not in publish:
                # One that is yet to be published is proven again after a stop: "loaded" alone shows nobody anything.
                facts = {"loaded_hash": loaded}
                updates.append(advanced(run.rows[uid], run.seen[uid], DocumentState.LOADED, facts))
        run.store("loaded", updates)

    def _not_loaded(self, run: PassRun, uid: str, loaded: str | None) -> RowUpdate:
        context, row = run.context, run.rows[uid]
        run.taking_part.discard(uid)
        looked = row.attempts + 1
        if context.breaker.reload_forbidden and looked * _LOOK_AGAIN_MS < 2 * context.provider_interval_ms:
            retry_at = run.now_ms + _LOOK_AGAIN_MS
            return waiting(row, run.seen[uid], WALK_AWAITED, attempts=looked, retry_at=retry_at)
        words = _NOT_LOADED.format(found="no such dashboard" if loaded is None else "other content")
        return run.fail(uid, f"{words} ({run.reload_fault})" if run.reload_fault else words)


class Publish:
    """Makes proven dashboards public, under the ids that stand in the record: those of one action."""

    def __init__(self, action: Action) -> None:
        self._action = action

    def run(self, run: PassRun) -> None:
        """Publish each; what has no ids in the record fails."""
        grafana = run.context.grafana
        if grafana is None:
            return
        unproven = run.unmet(Outcome.LOADED, Action.PROVE)
        rows = {uid: run.rows[uid] for uid in run.next(self._action) if uid not in unproven}
        ids = {uid: (row.public_uid, row.access_token) for uid, row in rows.items()}
        without = [uid for uid, given in ids.items() if not all(given)]
        updates = [run.fail(uid, "It has no publication ids in the record; register it again.") for uid in without]

        def publish(uid: str) -> None:
            public_uid, access_token = ids[uid]
            grafana.publish(uid, public_uid or "", access_token or "")

        answers = change_each(run.context, "publish", [uid for uid in ids if uid not in without], publish)
        updates += run.faults(answers)
        for uid in answered(answers):
            run.outcomes[Outcome.PUBLISHED].add(uid)
            facts = {"loaded_hash": run.wanted(uid).content}
            updates.append(RowUpdate(uid, run.seen[uid], facts, public=PublicationState.LIVE))
        run.store("published", updates)


class DeleteDashboards:
    """Deletes the dashboards whose files are gone."""

    def run(self, run: PassRun) -> None:
        """Delete each; a file that could not be removed keeps its dashboard."""
        uids = [uid for uid in run.next(Action.DELETE_DASHBOARD) if uid in run.outcomes[Outcome.REMOVED]]
        grafana = run.context.grafana
        if not uids or grafana is None:
            return
        answers = change_each(run.context, "delete dashboard", uids, grafana.delete_dashboard)
        run.outcomes[Outcome.DELETED].update(answered(answers))
        run.store("deleted", run.faults(answers))


class ProveGone:
    """Proves that Grafana has the deleted dashboards no more."""

    def run(self, run: PassRun) -> None:
        """Ask for each dashboard that was deleted."""
        uids = [uid for uid in run.next(Action.PROVE_GONE) if uid in run.outcomes[Outcome.DELETED]]
        grafana = run.context.grafana
        if not uids or grafana is None:
            return
        answers = ask_each(run.context, uids, grafana.loaded)
        updates = run.faults(answers)
        for uid, loaded in answered(answers).items():
            if loaded is None:
                run.outcomes[Outcome.GONE].add(uid)
                updates.append(RowUpdate(uid, run.seen[uid], {"loaded_hash": None}))
            else:
                updates.append(run.fail(uid, "Grafana still has the dashboard after it was deleted."))
        run.store("gone", updates)
