"""Is the service live, ready or degraded, and which part is the reason.

Database, disk and leases are looked at directly (microseconds); Grafana, Prometheus and the poller in a thread
of their own and remembered for a few seconds, so that a slow upstream never makes health slow.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import structlog

from backend_server.errors import DashwrightError

from .model import Level, Part, Verdict
from .remembered import Remembered

Check = Callable[[], Part]
_log = structlog.stdlib.get_logger("monitoring")


class HealthCheck:
    """Checks every component when asked.

    Args:
        database: the first check; without a database none of `stored` is looked at.
        slow: what is asked over HTTP or reads more than a row; each may take a while and may raise.
        quick: what is looked at directly.
        stored: what one row of the store tells.
    """

    def __init__(
        self, database: Check, *, slow: Mapping[str, Check], quick: Mapping[str, Check], stored: Mapping[str, Check]
    ) -> None:
        self.slow = slow
        self._database = database
        self._remembered = {name: Remembered(name, ask) for name, ask in slow.items()}
        self._quick = quick
        self._stored = stored

    def report(self) -> dict[str, object]:
        """Return the answer's body: `status`, `live` and the components by name."""
        parts = {"database": self._database()}
        began = time.monotonic()
        for remembered in self._remembered.values():  # all at once, so that several silent ones cost one patience
            remembered.begin()
        parts.update({name: remembered.part(began) for name, remembered in self._remembered.items()})
        parts.update({name: look() for name, look in self._quick.items()})
        if parts["database"].level is Level.OK:
            parts.update({name: _looked(look) for name, look in self._stored.items()})
        return {
            "status": Verdict.of(part.level for part in parts.values()).value,
            "live": True,
            "components": {name: part.as_json() for name, part in parts.items()},
        }


def _looked(look: Check) -> Part:
    try:
        return look()
    except DashwrightError as fault:
        _log.warning("component cannot be looked at", error=fault.message)
        return Part(Level.DOWN, "cannot be looked at")
