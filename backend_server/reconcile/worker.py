"""The loop around the passes: one worker leads; it looks for changes, passes, audits, and follows the templates.

It holds nothing that matters in memory: whatever moment it is stopped at, the next one (or another worker) goes on from
the record.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from backend_server.catalog import LoadedTemplates
from backend_server.errors import DashwrightError, LeaseLost, UpstreamError

from .change_window import ChangeWindow
from .grafana_watch import GrafanaWatch
from .heartbeat import Heartbeat
from .lead import Lead, LeadRenewal
from .model import AuditReport, PassReport
from .ports import Changes, ReconcileRecords
from .reconciler import Reconciler
from .schedule import Job, Schedule
from .template_adoption import TemplateFollower

_AUDIT, _FLEET = "audit", "fleet"
_FLEET_SECONDS = 5.0
_DATABASE_AWAY_SECONDS = 1.0
_LOOK_SECONDS = 0.05


class Watcher(Protocol):
    """Is told what happened, to log and count it."""

    def lead(self, leads: bool) -> None: ...
    def passed(self, report: PassReport, seconds: float) -> None: ...
    def audited(self, report: AuditReport, seconds: float) -> None: ...
    def templates(self, loaded: LoadedTemplates) -> None: ...
    def trouble(self, doing: str, fault: DashwrightError) -> None: ...


class Unwatched:
    """Tells nobody."""

    def lead(self, leads: bool) -> None:
        """The lead was taken or lost."""

    def passed(self, report: PassReport, seconds: float) -> None:
        """A pass that did something has ended."""

    def audited(self, report: AuditReport, seconds: float) -> None:
        """An audit has ended."""

    def templates(self, loaded: LoadedTemplates) -> None:
        """Templates were loaded anew."""

    def trouble(self, doing: str, fault: DashwrightError) -> None:
        """Something failed that will be tried again."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often things happen.

    `probe_interval_seconds` bounds how long it takes to find out that an idle Grafana lost its database,
    `lease_ttl_seconds` how long nobody leads after a worker was killed.
    """

    pass_interval_seconds: float = 0.2
    audit_interval_seconds: float = 300.0
    probe_interval_seconds: float = 15.0
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
        changes: Changes,
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
        self._jobs = tuple(jobs)
        self._after_audit = after_audit
        self._schedule = schedule or Schedule()
        self._window = ChangeWindow(changes, self._schedule, self._pace.reload_window_seconds if with_grafana else 0.0)
        self._grafana = GrafanaWatch(reconciler, self._schedule, self._pace.probe_interval_seconds)
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
            self._let_go()

    def apply_once(self, *, wait: bool, timeout_seconds: float = 60.0) -> PassReport:
        """Pass until nothing is left to do now (`dashwright apply`); with `wait`, until everything is proven.

        While another worker leads this one only waits for it. What is put off or held back does not end the waiting;
        the report tells what all passes did, and its `left` how much there is to do at the end.
        """
        deadline = self._schedule.now() + timeout_seconds
        whole = PassReport()
        try:
            while True:
                if self._take_lead():
                    self._begin_if_new()
                    report = self.reconciler.run_pass()
                else:
                    report = PassReport(left=self._documents.backlog()[0])
                whole = report.after(whole)
                if report.left == 0 or not (wait or report.changed_something) or self._schedule.now() >= deadline:
                    return whole
                time.sleep(_LOOK_SECONDS)
        finally:
            self._let_go()

    def load_templates(self) -> None:
        """Load the templates and take them into use. Raises LeaseLost unless this process leads."""
        self._watcher.templates(self._templates.load())

    # One turn of the loop

    def _turn(self) -> float:
        """Do what is due; returns the seconds until the next look."""
        try:
            if not self._take_lead():
                return max(self._pace.pass_interval_seconds, self._pace.lease_ttl_seconds / 5)
            self._heartbeat.moved()
            self._begin_if_new()
            if self._templates.changed():
                self.load_templates()
            self._follow()
            self._do_jobs()
            self._heartbeat.moved()
            self._heartbeat.beat()
        except LeaseLost as fault:
            self._watcher.trouble("storing what a pass did", fault)
            self.lead.lose()
            self._watcher.lead(False)
        except DashwrightError as fault:
            # A database that is away, a disk that refuses, a folder that is gone: a state to be told, and tried again.
            self._watcher.trouble("working", fault)
            return _DATABASE_AWAY_SECONDS
        return self._pace.pass_interval_seconds

    def _begin_if_new(self) -> None:
        if not self._begun:
            self._templates.forget()
            self.load_templates()
            self._audit()
            self._begun = True

    def _follow(self) -> None:
        """Follow disk, Grafana, fleet and store: compare what is to be compared, and pass when it is due."""
        if self._schedule.is_due(_AUDIT):
            self._audit()
        began = self._schedule.now()
        report = self._grafana.look()
        if report is not None:
            self._audited(report, began)
        self._fleet_moved |= self._window.look()
        if self._fleet_moved and self._schedule.is_due(_FLEET):
            self._fleet_moved = False
            self._schedule.put_off(_FLEET, _FLEET_SECONDS)
            self.reconciler.refresh_fleet()
        if self._window.is_over:
            self._pass()

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

    def _audit(self) -> None:
        began = self._schedule.now()
        self._schedule.put_off(_AUDIT, self._pace.audit_interval_seconds)
        self._grafana.put_off()
        report = self.reconciler.audit()
        self._grafana.audited()
        self._audited(report, began)
        if report.grafana is not None:
            # Grafana was away: its side is audited as soon as it is back, not in five minutes.
            wait = self.reconciler.breaker.wait_seconds or 0.0
            self._schedule.put_off(_AUDIT, max(wait, self._pace.pass_interval_seconds))

    def _audited(self, report: AuditReport, began: float) -> None:
        self._window.reopen()
        self._watcher.audited(report, self._schedule.now() - began)
        if report.grafana is None and self._after_audit is not None:
            self._do(self._after_audit)

    def _do_jobs(self) -> None:
        for job in self._jobs:
            if self._schedule.is_due(job.doing):
                self._schedule.put_off(job.doing, job.every_seconds)
                self._do(job)

    def _do(self, job: Job) -> None:
        """Do a job; where it fails that is told, and it is tried again in its turn."""
        try:
            job.run()
        except LeaseLost:
            raise
        except DashwrightError as fault:
            self._watcher.trouble(job.doing, fault)

    # The lead

    def _take_lead(self) -> bool:
        if self.lead.is_held:
            return True
        self._begun = False
        self._heartbeat.begin()
        if self.lead.take():
            self._watcher.lead(True)
        return self.lead.is_held

    def _beat_in_long_passes(self) -> None:
        if self._heartbeat.has_passed:
            self._heartbeat.beat()  # a long pass that goes on is no hanging one

    def _let_go(self) -> None:
        try:
            self.lead.release()
        except UpstreamError as fault:
            self._watcher.trouble("letting go of the lead", fault)
