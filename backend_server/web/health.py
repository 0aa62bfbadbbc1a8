"""Is the service live, ready or degraded, and which part is the reason.

Database, disk and leases are looked at directly (microseconds); Grafana, Prometheus and the poller in a thread
of their own and remembered for a few seconds, so that a slow upstream never makes health slow.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from backend_server.errors import DashwrightError
from backend_server.telemetry import get_logger

from .health_checks import store_checks, upstream_checks
from .health_parts import Level, Part, Verdict

if TYPE_CHECKING:
    from backend_server.wiring.services import Services

HEALTH = "dashwright.health"
_REMEMBER_SECONDS = 5.0
_TOO_OLD = 2  # times as long as it is remembered: then an answer is not shown without asking anew
_PATIENCE_SECONDS = 1.0  # how long one look at health waits for such answers, all together
_MIN_FREE_BYTES = 100 * 1024 * 1024
_LATE = Part(Level.DEGRADED, "does not answer in time")
_log = get_logger("web.health")


class Remembered:
    """Asks something slow at most every few seconds, in its own thread, and answers from memory while that is young."""

    def __init__(self, name: str, ask: Callable[[], Part]) -> None:
        self._name, self._ask = name, ask
        self._news = threading.Condition()
        self._asked_at = self._known_at = float("-inf")  # both are moments of asking
        self._part = Part(Level.DEGRADED, "not known yet")

    def begin(self) -> None:
        """Ask again in the background when the last answer is old."""
        with self._news:
            now = time.monotonic()
            if now - self._asked_at >= _REMEMBER_SECONDS:
                self._asked_at = now
                threading.Thread(target=self._refresh, args=(now,), name=f"health-{self._name}", daemon=True).start()

    def part(self, began: float) -> Part:
        """Return the last answer; one that is much too old is waited for, until the patience that began then ends."""
        oldest = began - _TOO_OLD * _REMEMBER_SECONDS
        with self._news:
            left = began + _PATIENCE_SECONDS - time.monotonic()
            young = self._news.wait_for(lambda: self._known_at >= oldest, max(left, 0.0))
            # What was good long ago and is silent now must not pass for good; what was bad then stays so.
            return self._part if young or self._part.level is not Level.OK else _LATE

    def _refresh(self, asked_at: float) -> None:
        try:
            part = self._ask()
        except Exception as fault:  # noqa: BLE001 - whatever goes wrong in asking is the component's state
            part = Part(Level.DOWN, "cannot be reached")
            _log.info("component cannot be reached", component=self._name, error=type(fault).__name__)
        with self._news:
            if asked_at >= self._known_at:
                self._part, self._known_at = part, asked_at
            self._news.notify_all()


class HealthCheck:
    """Looks at every component when asked."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._remembered = {name: Remembered(name, ask) for name, ask in upstream_checks(services).items()}
        self._store_checks = store_checks(services)

    def report(self) -> dict[str, object]:
        """Return the answer's body: `status`, `live` and the components by name."""
        parts = {"database": self._database()}
        began = time.monotonic()
        for one in self._remembered.values():  # all at once, so that several silent ones cost one patience
            one.begin()
        parts.update({name: one.part(began) for name, one in self._remembered.items()})
        parts["disk"] = self._disk()
        if parts["database"].level is Level.OK:
            for name, look in self._store_checks.items():
                parts[name] = self._look(look)
        levels = {part.level for part in parts.values()}
        verdict = (
            Verdict.NOT_READY
            if Level.DOWN in levels
            else Verdict.DEGRADED
            if Level.DEGRADED in levels
            else Verdict.READY
        )
        return {
            "status": verdict.value,
            "live": True,
            "components": {name: part.as_json() for name, part in parts.items()},
        }

    def _database(self) -> Part:
        try:
            self._services.store.change_number()
        except DashwrightError:
            return Part(Level.DOWN, "cannot be reached")
        if self._services.state_may_vanish:
            return Part(Level.DEGRADED, "lies on a disk that may vanish at a deploy; links would not survive it")
        return Part(Level.OK)

    def _disk(self) -> Part:
        try:
            free = shutil.disk_usage(self._services.settings.data_dir).free
        except OSError:
            return Part(Level.DOWN, "the data folder cannot be read")
        if free < _MIN_FREE_BYTES:
            return Part(Level.DEGRADED, "less than 100 MB are free", {"free_bytes": free})
        return Part(Level.OK, facts={"free_bytes": free})

    @staticmethod
    def _look(look: Callable[[], Part]) -> Part:
        try:
            return look()
        except DashwrightError as fault:
            _log.warning("component cannot be looked at", error=fault.message)
            return Part(Level.DOWN, "cannot be looked at")
