"""A thread that writes once a minute what is kept in memory on purpose: last seen, views."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from backend_server.errors import DashwrightError


class Flusher:
    """Calls each flush every `seconds` and once more when stopped; a fault is told and tried again next time."""

    def __init__(
        self,
        flushes: Sequence[Callable[[], object]],
        *,
        seconds: float = 60.0,
        on_fault: Callable[[DashwrightError], None],
    ) -> None:
        self._flushes = flushes
        self._seconds = seconds
        self._on_fault = on_fault
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread; call it in the process that serves, after any fork."""
        self._thread = threading.Thread(target=self._run, name="flusher", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and flush once more."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()

    def flush(self) -> None:
        """Flush everything now."""
        for flush in self._flushes:
            try:
                flush()
            except DashwrightError as fault:
                self._on_fault(fault)

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            self.flush()
