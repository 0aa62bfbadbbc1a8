"""The worker's heartbeat: how its work stands, stored now and then for health to read."""

from __future__ import annotations

import json
import threading

from .circuit_breaker import CircuitBreaker
from .lead import Lead
from .ports import ReconcileRecords
from .schedule import Schedule

HEARTBEAT = "worker"
_EVERY_SECONDS = 5.0


class Heartbeat:
    """Beats while this process leads: from its loop, and from the thread that renews the lead during a long pass.

    `at` is when the work last went on, which a loop that hangs leaves behind.
    """

    def __init__(self, records: ReconcileRecords, lead: Lead, breaker: CircuitBreaker, schedule: Schedule) -> None:
        self._records = records
        self._lead = lead
        self._breaker = breaker
        self._schedule = schedule
        self._moved_at = 0.0
        self._last_pass_ms: int | None = None
        self._has_passed = False
        self._lock = threading.Lock()

    @property
    def has_passed(self) -> bool:
        """Whether a pass was finished since the lead was taken; until then health does not call us ready."""
        return self._has_passed

    def begin(self) -> None:
        """Record that the lead is new: nothing was done under it yet."""
        self._has_passed = False

    def moved(self) -> None:
        """Record that the work goes on: the loop, or a step of a long pass."""
        self._moved_at = self._schedule.now()

    def passed(self) -> None:
        """Record that a pass was finished; the first one is stored at once."""
        self._last_pass_ms = self._records.documents.now_ms()
        if not self._has_passed:
            self._has_passed = True
            self._schedule.at_once(HEARTBEAT)

    def beat(self) -> None:
        """Store the present state, when it is due. Raises LeaseLost."""
        with self._lock:
            fencing = self._lead.fencing
            if fencing is None or not self._schedule.is_due(HEARTBEAT):
                return
            self._schedule.postpone(HEARTBEAT, _EVERY_SECONDS)
            still_ms = int((self._schedule.now() - self._moved_at) * 1000)
            beat = {
                "at": self._records.documents.now_ms() - still_ms,
                "last_pass_at": self._last_pass_ms,
                "passed": self._has_passed,
                "grafana": self._breaker.reason,
                "fencing": fencing,
            }
            self._records.values.set(HEARTBEAT, json.dumps(beat))
