"""The steps of a pass that work on the disk."""

from __future__ import annotations

from backend_server.documents.status import DocumentState
from backend_server.errors import DashwrightError

from ..model import Outcome, RowUpdate
from .plan import Action
from .row_updates import advanced
from .run import PassRun


class WriteFiles:
    """Swaps the documents' files in, all as one group."""

    def run(self, run: PassRun) -> None:
        """Write what was filled; a file that is refused fails its document alone."""
        documents = {uid: document for uid in run.next(Action.WRITE) if (document := run.filled[uid].document)}
        bodies = {run.rows[uid].file: document.body for uid, document in documents.items()}
        if not bodies:
            return
        run.context.checkpoint("before write")
        report = run.context.files.swap_all(bodies, known=bodies.keys())
        run.context.checkpoint("after write")
        updates = []
        for uid in documents:
            refusal = report.refused.get(run.rows[uid].file)
            if refusal is not None:
                updates.append(run.fail(uid, refusal.message, state=DocumentState.FAILED))
            else:
                run.outcomes[Outcome.WRITTEN].add(uid)
                updates.append(self._written(run, uid))
        run.store("written", updates)

    def _written(self, run: PassRun, uid: str) -> RowUpdate:
        filled = run.filled[uid]
        assert filled.document is not None
        facts = {
            "written_hash": filled.document.content,
            "input_hash": filled.input_hash,
            "template": filled.template,
            "title": filled.document.title,
            "refresh": filled.refresh,
        }
        return advanced(run.rows[uid], run.seen[uid], DocumentState.WRITTEN, facts)


class RemoveFiles:
    """Removes the files of documents that are leaving."""

    def run(self, run: PassRun) -> None:
        """Remove a file only once its public dashboard is proven gone; else a stop here would leave that open."""
        still_public = run.unmet(Outcome.UNPUBLISHED, Action.UNPUBLISH) if run.context.grafana is not None else set()
        uids = [uid for uid in run.next(Action.REMOVE_FILE) if uid not in still_public]
        if not uids:
            return
        files = [run.rows[uid].file for uid in uids]
        run.context.checkpoint("before remove file")
        try:
            run.context.files.remove_all(files, known=files)
        except DashwrightError as fault:
            run.store("removed", [run.fail(uid, fault.message) for uid in uids])
            return
        run.context.checkpoint("after remove file")
        run.outcomes[Outcome.REMOVED].update(uids)
        facts = {"written_hash": None, "input_hash": None}
        run.store("removed", [advanced(run.rows[uid], run.seen[uid], DocumentState.RETIRING, facts) for uid in uids])
