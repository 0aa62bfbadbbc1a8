"""Which pages of Grafana could not be cleaned when they were last asked for, for whoever looks after the service."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

# One that nobody met for so long is forgotten: its dashboard may be gone, and then nobody reads it ever again.
_FORGOTTEN_AFTER_SECONDS = 3600.0
_MOST = 1000


class Readability:
    """Remembers faults by page until that page reads again; `on_fault` hears of each as it is met."""

    def __init__(
        self,
        on_fault: Callable[[str], None] = lambda reason: None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_fault = on_fault
        self._clock = clock
        self._lock = threading.Lock()
        self._faults: dict[str, tuple[float, str]] = {}

    def failed(self, page: str, reason: str) -> None:
        """Remember why a page cannot be shown."""
        with self._lock:
            self._faults.pop(page, None)
            self._faults[page] = (self._clock(), reason)
            while len(self._faults) > _MOST:
                self._faults.pop(next(iter(self._faults)))
        self._on_fault(reason)

    def reads(self, page: str) -> None:
        """Forget the fault of a page that can be shown."""
        if page in self._faults:
            with self._lock:
                self._faults.pop(page, None)

    @property
    def fault(self) -> str | None:
        """Why some page cannot be shown, the newest reason; None when all could that were asked for."""
        oldest = self._clock() - _FORGOTTEN_AFTER_SECONDS
        with self._lock:
            self._faults = {page: met for page, met in self._faults.items() if met[0] > oldest}
            return next((reason for _, reason in reversed(self._faults.values())), None)
