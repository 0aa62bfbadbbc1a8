"""When audits run: on their interval, of files that others changed, and of publications when Grafana was away."""

from __future__ import annotations

from typing import Protocol

from .file_watch import FileWatch
from .grafana_watch import GrafanaWatch
from .model import AuditReport
from .reconciler import Reconciler
from .schedule import Schedule

_AUDIT = "audit"


class AuditWatcher(Protocol):
    """Callbacks of the audits."""

    def audited(self, report: AuditReport, seconds: float) -> None: ...


class Audits:
    """Runs audits when they are due. `owes_after`: one reached Grafana, and what comes after it is yet to be done."""

    def __init__(
        self,
        reconciler: Reconciler,
        schedule: Schedule,
        grafana: GrafanaWatch,
        files: FileWatch,
        watcher: AuditWatcher,
        *,
        interval_seconds: float,
    ) -> None:
        self._reconciler = reconciler
        self._schedule = schedule
        self._grafana = grafana
        self._files = files
        self._watcher = watcher
        self._interval_seconds = interval_seconds
        self.owes_after = False

    def run_due(self) -> bool:
        """Run the audits that are due; returns whether one ran, which may have marked documents."""
        made = self._schedule.is_due(_AUDIT)
        if made:
            self.run()
        began = self._schedule.now()
        report = self._files.look()
        if report is not None:
            self._watcher.audited(report, self._schedule.now() - began)
            made = True
        began = self._schedule.now()
        report = self._grafana.look()
        if report is None:
            return made
        self._audited(report, began)
        return True

    def run(self) -> None:
        """Audit everything now."""
        began = self._schedule.now()
        self._schedule.postpone(_AUDIT, self._interval_seconds)
        self._grafana.postpone()
        report = self._reconciler.audit()
        self._grafana.audited(reached=report.grafana is None)
        self._audited(report, began)

    def _audited(self, report: AuditReport, began: float) -> None:
        self._watcher.audited(report, self._schedule.now() - began)
        self.owes_after |= report.grafana is None
