"""The steps of a pass that work on Grafana: its reload, what it has loaded, and its public dashboards."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace

from backend_server.documents.status import DocumentState
from backend_server.errors import DashwrightError
from backend_server.links.publication import PublicationState

from ..circuit_breaker import RELOAD_FORBIDDEN, is_away, upstream_status
from ..model import Outcome, RowUpdate
from .calls import answered, ask_each, change_each
from .offering import Offering
from .plan import Action
from .row_updates import advanced, waiting
from .run import PassRun

WALK_AWAITED = "Waiting for Grafana to read its files by itself; we may not ask it to."
_LOOK_AGAIN_MS = 3_000
_READING_SECONDS = 0.1  # how long Grafana reads before it is asked for what it has read, and between two such times
_NOT_LOADED = (
    "Grafana has not taken the file: it still has {found}. Its log names the cause; often another file has the same "
    "title or uid, which stops all writing of a provider."
)
_STILL_PROVISIONED = "Grafana has not noticed yet that the file is gone; the dashboard is deleted once it has."


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
    """Has Grafana read its files, once for all of them, and publishes meanwhile what it has read."""

    def run(self, run: PassRun) -> None:
        """Reload where something waits for it; what needs Grafana waits for another pass while it is away."""
        grafana = run.context.grafana
        if grafana is None:
            return
        offering = Offering(run, grafana)
        if run.context.breaker.allows_calls:
            offering.known()
        if run.context.should_stop():
            run.stop()
        elif not run.context.breaker.allows_calls:
            run.wait_for_grafana()
        elif self._is_needed(run):
            self._reload(run, offering)

    def _is_needed(self, run: PassRun) -> bool:
        may = run.context.reloader is not None and not run.context.breaker.reload_forbidden
        waiting = {*run.next(Action.PROVE, Action.DELETE_DASHBOARD)} - run.outcomes[Outcome.LOADED]
        return may and run.plan.reloads and bool(waiting)

    def _reload(self, run: PassRun, offering: Offering) -> None:
        reloader, breaker = run.context.reloader, run.context.breaker
        assert reloader is not None
        run.context.checkpoint("before reload")
        try:
            with ThreadPoolExecutor(1, thread_name_prefix="reload") as beside:
                reading = beside.submit(reloader.reload)
                while wait((reading,), _READING_SECONDS).not_done:
                    offering.while_reading()
            reading.result()
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
        publish = set(run.plan.uids(Action.PUBLISH))  # those are proven by what a visitor of them gets
        uids, grafana = [uid for uid in run.next(Action.PROVE) if uid not in publish], run.context.grafana
        if not uids or grafana is None:
            return
        answers = ask_each(run.context, uids, grafana.loaded)
        updates = run.faults(answers)
        for uid, loaded in answered(answers).items():
            if loaded != run.wanted(uid).content:
                updates.append(_not_loaded(run, uid, loaded))
                continue
            run.outcomes[Outcome.LOADED].add(uid)
            facts = {"loaded_hash": loaded}
            updates.append(advanced(run.rows[uid], run.seen[uid], DocumentState.LOADED, facts))
        run.store("loaded", updates)


def _not_loaded(run: PassRun, uid: str, loaded: str | None) -> RowUpdate:
    update = _not_read(run, uid, _NOT_LOADED.format(found="no such dashboard" if loaded is None else "other content"))
    # What the record called loaded is not there: the next pass has Grafana read its files.
    was_loaded = run.rows[uid].loaded_hash == run.wanted(uid).content
    return replace(update, facts={"loaded_hash": None}) if was_loaded else update


def _not_read(run: PassRun, uid: str, words: str) -> RowUpdate:
    """Return the update of a document whose file, or the lack of it, Grafana has not seen yet."""
    context, row = run.context, run.rows[uid]
    looked = row.attempts + 1
    if context.breaker.reload_forbidden and looked * _LOOK_AGAIN_MS < 2 * context.provider_interval_ms:
        run.taking_part.discard(uid)
        retry_at = run.now_ms + _LOOK_AGAIN_MS
        return waiting(row, run.seen[uid], WALK_AWAITED, attempts=looked, retry_at=retry_at)
    return run.fail(uid, f"{words} ({run.reload_fault})" if run.reload_fault else words)


class Publish:
    """Makes dashboards public that are not yet, under the ids that stand in the record, and proves them."""

    def run(self, run: PassRun) -> None:
        """Publish what could not be while Grafana read its files."""
        grafana = run.context.grafana
        if grafana is None or not run.next(Action.PUBLISH):
            return
        missing = Offering(run, grafana).rest()
        run.store("missing", [_not_loaded(run, uid, shown) for uid, shown in missing.items()])


class UpdatePublic:
    """Sets right what is public and differs from the record."""

    def run(self, run: PassRun) -> None:
        """Set each right."""
        grafana = run.context.grafana
        if grafana is None:
            return
        unproven = run.unmet(Outcome.LOADED, Action.PROVE)
        uids = [uid for uid in run.next(Action.UPDATE_PUBLIC) if uid not in unproven]

        def publish(uid: str) -> None:
            row = run.rows[uid]
            grafana.publish(uid, row.public_uid or "", row.access_token or "")

        answers = change_each(run.context, "publish", uids, publish)
        updates = run.faults(answers)
        for uid in answered(answers):
            run.outcomes[Outcome.PUBLISHED].add(uid)
            facts = {"loaded_hash": run.wanted(uid).content}
            updates.append(RowUpdate(uid, run.seen[uid], facts, public=PublicationState.LIVE))
        run.store("published", updates)


class DeleteDashboards:
    """Deletes the dashboards whose files are gone, each once Grafana has seen that."""

    def run(self, run: PassRun) -> None:
        """Delete each; a file that could not be removed keeps its dashboard."""
        uids = [uid for uid in run.next(Action.DELETE_DASHBOARD) if uid in run.outcomes[Outcome.REMOVED]]
        grafana = run.context.grafana
        if not uids or grafana is None:
            return
        # A reload that failed, or said yes and did not come to this file: Grafana would refuse.
        marks = ask_each(run.context, uids, grafana.is_provisioned)
        unseen = [uid for uid, marked in answered(marks).items() if marked]
        run.store("marked", [*run.faults(marks), *(_not_read(run, uid, _STILL_PROVISIONED) for uid in unseen)])
        uids = [uid for uid in uids if uid in run.taking_part]
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
