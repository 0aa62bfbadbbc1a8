"""What the worker's loop does, as log lines; fits `reconcile.worker.Watcher`. A quiet pass says nothing."""

from __future__ import annotations

from backend_server.catalog.model import LoadedTemplates
from backend_server.errors import DashwrightError
from backend_server.reconcile.model import AuditReport, Outcome, PassReport

from .logs import get_logger

_MOST_NAMED = 20


class ReconcileLog:
    """Logs what happened; each fault once until it changes or ends."""

    def __init__(self) -> None:
        self._log = get_logger("worker")
        self._trouble: str | None = None
        self._grafana: str | None = None

    def lead(self, leads: bool) -> None:
        """The lead was taken or lost."""
        self._log.info("this worker leads now" if leads else "this worker does not lead any more")

    def passed(self, report: PassReport, seconds: float) -> None:
        """A pass that did something has ended."""
        self._trouble = None
        self._tell_grafana(report.grafana)
        self._log.info(
            "pass",
            written=len(report.uids(Outcome.WRITTEN)),
            published=len(report.uids(Outcome.PUBLISHED)),
            gone=len(report.uids(Outcome.GONE)),
            failed=len(report.failed),
            held=len(report.held),
            purged=report.purged,
            reloads=report.reloads,
            left=report.left,
            seconds=round(seconds, 3),
        )
        for uid, reason in list(report.failed.items())[:_MOST_NAMED]:
            self._log.warning("document failed", uid=uid, reason=reason)
        if report.held:
            self._log.warning("removals are held back until a person confirms", count=len(report.held))

    def audited(self, report: AuditReport, seconds: float) -> None:
        """An audit has ended."""
        self._tell_grafana(report.grafana)
        differs = {
            name: len(found)
            for name, found in (
                ("files_lost", report.files_lost),
                ("outdated", report.outdated),
                ("publications_lost", report.public_lost),
                ("leftovers", report.leftovers),
                ("strays", report.strays),
                ("foreign_files", report.foreign),
            )
            if found
        }
        self._log.info("audit", **differs, seconds=round(seconds, 3))
        for file in [*report.strays, *report.foreign][:_MOST_NAMED]:
            self._log.warning("a file in DASHBOARDS_DIR is not in the record; it was left alone", file=file)

    def templates(self, loaded: LoadedTemplates) -> None:
        """Templates were loaded again."""
        for name, problem in loaded.problems.items():
            if name:
                self._log.warning("template refused; the last good one stays", template=name, problem=problem)
            else:  # the folder itself
                self._log.warning(
                    "the templates folder cannot be read or is empty", problem=problem, folder=loaded.folder
                )

    def trouble(self, doing: str, fault: DashwrightError) -> None:
        """An operation failed that will be retried."""
        words = f"{doing}: {fault.message}"
        if words != self._trouble:
            self._trouble = words
            self._log.warning("trouble; it is tried again", doing=doing, error=fault.message)

    def _tell_grafana(self, reason: str | None) -> None:
        if reason != self._grafana:
            self._grafana = reason
            if reason is None:
                self._log.info("Grafana answers again")
            else:
                self._log.warning("Grafana cannot be reached; it is tried again", error=reason)
