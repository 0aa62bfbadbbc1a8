"""Finding out that Grafana lost what was published, long before the next audit: by a probe, and when it is back."""

from __future__ import annotations

from .model import AuditReport
from .reconciler import Reconciler
from .schedule import Schedule

_PROBE, _PUBLIC = "probe", "public"


class GrafanaWatch:
    """Probes Grafana every `interval_seconds`, and compares all publications when one is missing or it was away.

    Both end in at most one list call per interval, however often Grafana comes and goes.
    """

    def __init__(self, reconciler: Reconciler, schedule: Schedule, interval_seconds: float) -> None:
        self._reconciler = reconciler
        self._schedule = schedule
        self._interval_seconds = interval_seconds
        self._recoveries_seen = 0

    def look(self) -> AuditReport | None:
        """Probe Grafana when that is due; returns the report where all publications were compared."""
        lost = self._schedule.is_due(_PROBE) and self._probe()
        recoveries = self._reconciler.breaker.recoveries
        if not lost and (recoveries == self._recoveries_seen or not self._schedule.is_due(_PUBLIC)):
            return None
        self._recoveries_seen = recoveries
        self._schedule.put_off(_PUBLIC, self._interval_seconds)
        return self._reconciler.audit_public()

    def put_off(self) -> None:
        """Postpone the next probe by an interval: an audit, which compares everything, begins now."""
        for name in (_PROBE, _PUBLIC):
            self._schedule.put_off(name, self._interval_seconds)

    def audited(self) -> None:
        """Record that everything was compared just now."""
        self._recoveries_seen = self._reconciler.breaker.recoveries

    def _probe(self) -> bool:
        began = self._schedule.now()
        lost = self._reconciler.probe()
        took = self._schedule.now() - began
        away = self._reconciler.breaker.wait_seconds
        # While it is away it is asked as often as passes would, and never for most of the time.
        self._schedule.put_off(_PROBE, self._interval_seconds if away is None else max(away, took))
        return lost
