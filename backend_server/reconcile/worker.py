"""The loop around the passes: one worker leads; it looks for changes, passes, audits, and follows the templates.

It holds nothing that matters in memory: whatever moment it is stopped at, the next one (or another worker) goes on from
the record.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from backend_server.catalog import LoadedTemplates
from backend_server.errors import DashwrightError, LeaseLost, UpstreamError

from .audits import Audits
from .change_window import ChangeWindow
from .file_watch import FileWatch
from .grafana_watch import GrafanaWatch
from .heartbeat import Heartbeat
from .lead import Lead, LeadRenewal
from .model import AuditReport, PassReport
from .ports import ChangeNumber, ReconcileRecords
from .reconciler import Reconciler
from .schedule import Job, Jobs, Schedule
from .template_adoption import TemplateFollower

_FLEET = "fleet"
_FLEET_SECONDS = 5.0
_DATABASE_AWAY_SECONDS = 1.0


class Watcher(Protocol):
    """Callbacks of the worker, to log and count what happens."""

    def lead(self, leads: bool) -> None: ...
    def passed(self, report: PassReport, seconds: float) -> None: ...
    def audited(self, report: AuditReport, seconds: float) -> None: ...
    def templates(self, loaded: LoadedTemplates) -> None: ...
    def trouble(self, doing: str, fault: DashwrightError) -> None: ...


class Unwatched:
    """Callbacks that do nothing."""

    def lead(self, leads: bool) -> None:
        """The lead was taken or lost."""

    def passed(self, report: PassReport, seconds: float) -> None:
        """A pass that did something has ended."""

    def audited(self, report: AuditReport, seconds: float) -> None:
        """An audit has ended."""

    def templates(self, loaded: LoadedTemplates) -> None:
        """Templates were loaded again."""

    def trouble(self, doing: str, fault: DashwrightError) -> None:
        """An operation failed that will be retried."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often things happen.

    `probe_interval_seconds` bounds how long it takes to find out that an idle Grafana lost its database,
    `files_interval_seconds` how long a file that somebody else changed or removed goes unnoticed,
    `lease_ttl_seconds` how long nobody leads after a worker was killed.
    """

    pass_interval_seconds: float = 0.2
    audit_interval_seconds: float = 300.0
    probe_interval_seconds: float = 15.0
    files_interval_seconds: float = 4.0
    reload_window_seconds: float = 0.3
    lease_ttl_seconds: float = 15.0


class Worker:
    """Runs passes while it leads. `with_grafana` makes changes wait for each other, up to the reload window.

    `jobs` are done beside the passes, each on its own interval; `after_audit` after each audit that reached Grafana.
    """

    def __init__(
        self,
        reconciler: Reconciler,
        *,
        records: ReconcileRecords,
        changes: ChangeNumber,
        lead: Lead,
        templates: TemplateFollower,
        with_grafana: bool,
        pace: Pace | None = None,
        watcher: Watcher | None = None,
        jobs: Iterable[Job] = (),
        after_audit: Job | None = None,
        schedule: Schedule | None = None,
    ) -> None:
        self.reconciler = reconciler
        self.lead = lead
        self._documents = records.documents
        self._templates = templates
        self._pace = pace or Pace()
        self._watcher = watcher or Unwatched()
        self._schedule = schedule or Schedule()
        self._jobs = Jobs(jobs, self._schedule, self._watcher)
        self._window = ChangeWindow(changes, self._schedule, self._pace.reload_window_seconds if with_grafana else 0.0)
        self._audits = Audits(
            reconciler,
            self._schedule,
            GrafanaWatch(
                reconciler,
                self._schedule,
                interval_seconds=self._pace.probe_interval_seconds,
                retry_seconds=self._pace.pass_interval_seconds,
            ),
            FileWatch(reconciler, self._schedule, self._pace.files_interval_seconds),
            self._watcher,
            interval_seconds=self._pace.audit_interval_seconds,
        )
        self._after_audit = after_audit
        self._heartbeat = Heartbeat(records, lead, reconciler.breaker, self._schedule)
        self._begun = False
        self._fleet_moved = False
        self._stop = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; the call under way is finished first, the rest is left to the next process."""
        self._stop = stop
        renewal = LeadRenewal(self.lead, self._watcher, self._beat_in_long_passes, self._pace.lease_ttl_seconds / 3)
        self._templates.start()
        try:
            with renewal.running(stop):
                while not stop.is_set():
                    stop.wait(self._turn())
        finally:
            self._templates.stop()
            self.release()

    def begin(self) -> bool:
        """Acquire the lead unless held; a new lead loads the templates and audits first. Whether this one leads."""
        if not self.lead.is_held:
            self._begun = False
            self._heartbeat.begin()
            if self.lead.take():
                self._watcher.lead(True)
        if not self.lead.is_held:
            return False
        self._heartbeat.moved()
        if not self._begun:
            self._templates.forget()
            self.load_templates()
            self._audits.run()
            self._window.reopen()
            self._begun = True
        return True

    def left(self) -> int:
        """Count the documents that still need work, whoever does it."""
        return self._documents.backlog()[0]

    def release(self) -> None:
        """Release the lead, if it is held."""
        try:
            self.lead.release()
        except UpstreamError as fault:
            self._watcher.trouble("letting go of the lead", fault)

    def load_templates(self) -> None:
        """Load the templates and take them into use. Raises LeaseLost unless this process leads."""
        self._watcher.templates(self._templates.load())

    # One turn of the loop

    def _turn(self) -> float:
        """Run what is due; returns the seconds until the next look."""
        try:
            if not self.begin():
                return max(self._pace.pass_interval_seconds, self._pace.lease_ttl_seconds / 5)
            if self._templates.changed():
                self.load_templates()
            self._follow()
            self._jobs.run_due()
            self._heartbeat.moved()
            self._heartbeat.beat()
        except LeaseLost as fault:
            self._watcher.trouble("storing what a pass did", fault)
            self.lead.lose()
            self._watcher.lead(False)
        except DashwrightError as fault:
            # A database that is away, a disk that refuses, a folder that is gone: a state to be reported, and retried.
            self._watcher.trouble("working", fault)
            return _DATABASE_AWAY_SECONDS
        return self._pace.pass_interval_seconds

    def _follow(self) -> None:
        """Follow disk, Grafana, fleet and store: compare what is to be compared, and pass when it is due."""
        if self._audits.run_due():
            self._window.reopen()
        self._fleet_moved |= self._window.look()
        if self._fleet_moved and self._schedule.is_due(_FLEET):
            self._fleet_moved = False
            self._schedule.postpone(_FLEET, _FLEET_SECONDS)
            self.reconciler.filling.refresh_fleet()
        if self._window.is_over:
            self._pass()
        if self._audits.owes_after and not self._window.is_open:
            # After the pass: visitors wait for what an audit found to be lost, nobody for this.
            self._audits.owes_after = False
            if self._after_audit is not None:
                self._jobs.run(self._after_audit)

    def _pass(self) -> None:
        self._window.close()
        began = self._schedule.now()
        report = self.reconciler.run_pass(self._should_stop)
        self._heartbeat.passed()
        self._window.wake_in(self._seconds_to_retry())
        if report.changed_something:
            self._watcher.passed(report, self._schedule.now() - began)

    def _should_stop(self) -> bool:
        """Whether to stop; that a pass asks, between any two calls, shows that it does not hang."""
        self._heartbeat.moved()
        return self._stop.is_set()

    def _seconds_to_retry(self) -> float | None:
        """Return when there is something to try again: a retry time, or Grafana that was away; None for nothing."""
        left, earliest = self._documents.backlog()
        if left == 0 or earliest is None:
            return None
        seconds = (earliest - self._documents.now_ms()) / 1000
        return max(seconds, self.reconciler.breaker.wait_seconds or 0.0, self._pace.pass_interval_seconds)

    def _beat_in_long_passes(self) -> None:
        if self._heartbeat.has_passed:
            self._heartbeat.beat()  # a long pass that goes on is no hanging one
