"""Finding out that Grafana lost what was published, long before the next audit: by a probe, and when it is back."""

from __future__ import annotations

from .model import AuditReport
from .reconciler import Reconciler
from .schedule import Schedule

_PROBE, _PUBLIC = "probe", "public"


class GrafanaWatch:
    """Probes Grafana every `interval_seconds`, and compares all publications when one is missing or it was away.

    Both end in at most one list call per interval, however often Grafana comes and goes. A comparison that did not
    reach it is made up for as soon as it may be asked again, not more often than every `retry_seconds`.
    """

    def __init__(
        self, reconciler: Reconciler, schedule: Schedule, *, interval_seconds: float, retry_seconds: float
    ) -> None:
        self._reconciler = reconciler
        self._schedule = schedule
        self._interval_seconds = interval_seconds
        self._retry_seconds = retry_seconds
        self._recoveries_seen = 0
        self._owes = False

    def look(self) -> AuditReport | None:
        """Probe Grafana when that is due; returns the report where all publications were compared."""
        if self._owes:
            return self._compare() if self._schedule.is_due(_PUBLIC) else None
        lost = self._schedule.is_due(_PROBE) and self._probe()
        recovered = self._reconciler.breaker.recoveries != self._recoveries_seen and self._schedule.is_due(_PUBLIC)
        return self._compare() if lost or recovered else None

    def postpone(self) -> None:
        """Postpone the next probe by an interval: an audit, which compares everything, begins now."""
        for name in (_PROBE, _PUBLIC):
            self._schedule.postpone(name, self._interval_seconds)

    def audited(self, *, reached: bool) -> None:
        """Record that everything was compared just now, or that Grafana's side is yet to be."""
        self._recoveries_seen = self._reconciler.breaker.recoveries
        self._owes = not reached
        if self._owes:
            self._schedule.postpone(_PUBLIC, self._wait_seconds())

    def _compare(self) -> AuditReport | None:
        self._schedule.postpone(_PUBLIC, self._interval_seconds)
        report = self._reconciler.audit_public()
        self.audited(reached=report.grafana is None)
        return None if self._owes else report

    def _wait_seconds(self) -> float:
        return max(self._reconciler.breaker.wait_seconds or 0.0, self._retry_seconds)

    def _probe(self) -> bool:
        began = self._schedule.now()
        lost = self._reconciler.probe()
        took = self._schedule.now() - began
        away = self._reconciler.breaker.wait_seconds
        # While it is away it is asked as often as passes would, and never for most of the time.
        self._schedule.postpone(_PROBE, self._interval_seconds if away is None else max(away, took))
        return lost
