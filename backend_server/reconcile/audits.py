"""When audits run: on their interval, soon after Grafana was away, and of its publications when one is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from .grafana_watch import GrafanaWatch
from .model import AuditReport
from .reconciler import Reconciler
from .schedule import Schedule

_AUDIT = "audit"


class AuditWatcher(Protocol):
    """Callbacks of the audits."""

    def audited(self, report: AuditReport, seconds: float) -> None: ...


class Audits:
    """Runs audits when they are due; `after` is called after each that reached Grafana.

    While Grafana is away its side is audited every `retry_seconds`, or when it may be asked again.
    """

    def __init__(
        self,
        reconciler: Reconciler,
        schedule: Schedule,
        grafana: GrafanaWatch,
        watcher: AuditWatcher,
        after: Callable[[], None],
        *,
        interval_seconds: float,
        retry_seconds: float,
    ) -> None:
        self._reconciler = reconciler
        self._schedule = schedule
        self._grafana = grafana
        self._watcher = watcher
        self._after = after
        self._interval_seconds = interval_seconds
        self._retry_seconds = retry_seconds

    def run_due(self) -> bool:
        """Run the audits that are due; returns whether one ran, which may have marked documents."""
        made = self._schedule.is_due(_AUDIT)
        if made:
            self.run()
        began = self._schedule.now()
        report = self._grafana.look()
        if report is None:
            return made
        self._audited(report, began)
        return True

    def run(self) -> None:
        """Audit everything now."""
        began = self._schedule.now()
        self._schedule.put_off(_AUDIT, self._interval_seconds)
        self._grafana.put_off()
        report = self._reconciler.audit()
        self._grafana.audited()
        self._audited(report, began)
        if report.grafana is not None:
            # Grafana was away: its side is audited as soon as it is back, not in five minutes.
            wait = self._reconciler.breaker.wait_seconds or 0.0
            self._schedule.put_off(_AUDIT, max(wait, self._retry_seconds))

    def _audited(self, report: AuditReport, began: float) -> None:
        self._watcher.audited(report, self._schedule.now() - began)
        if report.grafana is None:
            self._after()
