"""The loop around the passes: one worker leads; it looks for changes, passes, audits, and follows the templates.

It holds nothing that matters in memory: whatever moment it is stopped at, the next one (or another worker) goes on from
the record.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from backend_server.catalog import LoadedTemplates
from backend_server.errors import DashwrightError, LeaseLost, UpstreamError

from .lead import Lead
from .model import AuditReport, PassReport
from .ports import Changes, ReconcileRecords, TemplateWatch
from .reconciler import Reconciler
from .template_adoption import TemplateLoading

HEARTBEAT = "worker"
_HEARTBEAT_SECONDS = 5.0
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
    """How often things happen, in seconds.

    `probe_interval` bounds how long it takes to find out that an idle Grafana lost its database, `lease_ttl` how long
    nobody leads after a worker was killed.
    """

    pass_interval: float = 0.2
    audit_interval: float = 300.0
    probe_interval: float = 15.0
    reload_window: float = 0.3
    lease_ttl: float = 15.0


class Worker:
    """Runs passes while it leads. `with_grafana` makes changes wait for each other, up to `reload_window`."""

    def __init__(
        self,
        reconciler: Reconciler,
        *,
        records: ReconcileRecords,
        changes: Changes,
        lead: Lead,
        watch: TemplateWatch,
        templates: TemplateLoading,
        with_grafana: bool,
        pace: Pace | None = None,
        watcher: Watcher | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.reconciler = reconciler
        self._records = records
        self._changes = changes
        self.lead = lead
        self._watch = watch
        self._templates = templates
        self._with_grafana = with_grafana
        self._pace = pace or Pace()
        self._watcher = watcher or Unwatched()
        self._monotonic = monotonic
        self._begun = False
        self._seen = -1
        self._first_change_at: float | None = None
        self._wake_at: float | None = None
        self._audit_at = 0.0
        self._probe_at = 0.0
        self._public_at = 0.0
        self._returns_seen = 0
        self._beat_at = 0.0
        self._fleet_at = 0.0
        self._fleet_moved = False
        self._last_pass_ms: int | None = None
        self._passed = False  # one pass was finished since the lead was taken
        self._moved_at = 0.0  # when the loop, or a step of a long pass, last went on
        self._stop = threading.Event()
        self._beat_lock = threading.Lock()  # the loop and the renewal both tell

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; the call under way is finished first, the rest is left to the next process."""
        self._stop = stop
        renewing = threading.Thread(target=self._renew_until, args=(stop,), name="lease-renewal")
        self._watch.start()
        renewing.start()
        try:
            while not stop.is_set():
                stop.wait(self._turn())
        finally:
            stop.set()
            renewing.join()
            self._watch.stop()
            self._let_go()

    def apply_once(self, *, wait: bool, timeout_seconds: float = 60.0) -> PassReport:
        """Pass until nothing is left to do now (`dashwright apply`); with `wait`, until everything is proven.

        While another worker leads this one only waits for it. What is put off or held back does not end the waiting;
        the report tells what all passes did, and its `left` how much there is to do at the end.
        """
        deadline = self._monotonic() + timeout_seconds
        whole = PassReport()
        try:
            while True:
                if self._take_lead():
                    self._begin_if_new()
                    report = self.reconciler.run_pass()
                else:
                    report = PassReport(left=self._records.documents.backlog()[0])
                whole = report.after(whole)
                if report.left == 0 or not (wait or report.changed_something) or self._monotonic() >= deadline:
                    return whole
                time.sleep(_LOOK_SECONDS)
        finally:
            self._let_go()

    def load_templates(self) -> None:
        """Load the templates and take them into use; raises LeaseLost unless this process leads."""
        self._watcher.templates(self._templates.load())

    # One turn of the loop

    def _turn(self) -> float:
        """Do what is due; gives the seconds until the next look."""
        try:
            if not self._take_lead():
                return max(self._pace.pass_interval, self._pace.lease_ttl / 5)
            self._moved_at = self._monotonic()
            self._begin_if_new()
            self._follow_templates()
            self._follow_changes()
            self._moved_at = self._monotonic()
            self._beat()
        except LeaseLost as fault:
            self._watcher.trouble("storing what a pass did", fault)
            self._lost()
        except DashwrightError as fault:
            # A database that is away, a disk that refuses, a folder that is gone: a state to be told, and tried again.
            self._watcher.trouble("working", fault)
            return _DATABASE_AWAY_SECONDS
        return self._pace.pass_interval

    def _should_stop(self) -> bool:
        """Whether to stop; that a pass asks, between any two calls, shows that it does not hang."""
        self._moved_at = self._monotonic()
        return self._stop.is_set()

    def _begin_if_new(self) -> None:
        if self._begun:
            return
        self._templates.forget()
        self.load_templates()
        self._audit()
        self._begun = True

    def _follow_templates(self) -> None:
        if self._watch.changed():
            self.load_templates()

    def _follow_changes(self) -> None:
        now = self._monotonic()
        if now >= self._audit_at:
            self._audit()
        self._follow_grafana()
        change = self._changes.change_number()
        if change != self._seen and self._first_change_at is None:
            self._first_change_at = now
            self._fleet_moved = True
        if self._fleet_moved and now >= self._fleet_at:
            self._fleet_moved, self._fleet_at = False, now + _FLEET_SECONDS
            self.reconciler.refresh_fleet()
        woken = self._wake_at is not None and now >= self._wake_at
        if self._first_change_at is None and not woken:
            return
        if not woken and self._with_grafana and now - (self._first_change_at or now) < self._pace.reload_window:
            return  # changes within the window share one reload; the window is never begun anew
        self._first_change_at, self._seen = None, change
        report = self.reconciler.run_pass(self._should_stop)
        self._last_pass_ms = self._records.documents.now_ms()
        if not self._passed:
            self._passed, self._beat_at = True, 0.0  # told at once: until then health does not call us ready
        self._wake_at = self._next_wake()
        if report.changed_something:
            self._watcher.passed(report, self._monotonic() - now)

    def _follow_grafana(self) -> None:
        """Find out that Grafana lost what was published, long before the next audit: by a look, and when it is back.

        Both end in at most one list call per `probe_interval`, however often Grafana comes and goes.
        """
        now, gate = self._monotonic(), self.reconciler.gate
        lost = False
        if now >= self._probe_at:
            lost = self.reconciler.probe()
            took = self._monotonic() - now
            away = gate.wait_seconds
            # While it is away it is asked as often as passes would, and never for most of the time.
            self._probe_at = now + took + (self._pace.probe_interval if away is None else max(away, took))
        if lost or (gate.returns != self._returns_seen and now >= self._public_at):
            self._returns_seen, self._public_at = gate.returns, now + self._pace.probe_interval
            self._told(self.reconciler.audit_public(), now)

    def _next_wake(self) -> float | None:
        """Say when there is something to try again: a retry time, or Grafana that was away."""
        left, earliest = self._records.documents.backlog()
        if left == 0 or earliest is None:
            return None
        seconds = max((earliest - self._records.documents.now_ms()) / 1000, self.reconciler.gate.wait_seconds or 0.0)
        # What came in during the pass is work too: it waits its window like any change, or each pass would reload.
        least = self._pace.reload_window if self._with_grafana else 0.0
        return self._monotonic() + max(seconds, self._pace.pass_interval, least)

    def _audit(self) -> None:
        began = self._monotonic()
        self._audit_at = began + self._pace.audit_interval
        self._probe_at = self._public_at = began + self._pace.probe_interval
        report = self.reconciler.audit()
        self._returns_seen = self.reconciler.gate.returns
        self._told(report, began)
        if report.grafana is not None:
            # Grafana was away: its side is audited as soon as it is back, not in five minutes.
            wait = self.reconciler.gate.wait_seconds or self._pace.pass_interval
            self._audit_at = self._monotonic() + max(wait, self._pace.pass_interval)

    def _told(self, report: AuditReport, began: float) -> None:
        self._seen = -1
        self._watcher.audited(report, self._monotonic() - began)

    def _beat(self) -> None:
        """Tell how it stands, now and then: `at` is when the work last went on, which a hanging loop leaves behind."""
        with self._beat_lock:
            now, fencing = self._monotonic(), self.lead.fencing
            if now < self._beat_at or fencing is None:
                return
            self._beat_at = now + _HEARTBEAT_SECONDS
            beat = {
                "at": self._records.documents.now_ms() - int((now - self._moved_at) * 1000),
                "last_pass_at": self._last_pass_ms,
                "passed": self._passed,
                "grafana": self.reconciler.gate.reason,
                "fencing": fencing,
            }
            self._records.values.set(HEARTBEAT, json.dumps(beat))

    # The lead

    def _take_lead(self) -> bool:
        if self.lead.is_held:
            return True
        self._begun = self._passed = False
        if self.lead.take():
            self._watcher.lead(True)
        return self.lead.is_held

    def _renew_until(self, stop: threading.Event) -> None:
        """Renew the lease while a pass may take long; that it was lost is found out by the next write."""
        while not stop.wait(self._pace.lease_ttl / 3):
            if not self.lead.is_held:
                continue
            try:
                if not self.lead.renew():
                    self._watcher.lead(False)
                elif self._passed:
                    self._beat()  # a long pass that goes on is no hanging one
            except LeaseLost:
                continue
            except UpstreamError as fault:
                self._watcher.trouble("renewing the lead", fault)

    def _lost(self) -> None:
        self.lead.lose()
        self._watcher.lead(False)

    def _let_go(self) -> None:
        try:
            self.lead.release()
        except UpstreamError as fault:
            self._watcher.trouble("letting go of the lead", fault)
