"""The lead: held by one worker at a time, under a number that each of its writes is compared with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from backend_server.errors import DashwrightError, LeaseLost, UpstreamError

from .ports import Leases


class Lead:
    """Whether this process leads. One thread takes and loses the lead; another may renew it meanwhile."""

    def __init__(self, leases: Leases) -> None:
        self._leases = leases
        self._fencing: int | None = None

    @property
    def fencing(self) -> int | None:
        """The number this process leads by; None while it does not lead."""
        return self._fencing

    @property
    def is_held(self) -> bool:
        """Whether this process leads, as far as it knows: a write finds out."""
        return self._fencing is not None

    def take(self) -> bool:
        """Try to acquire the lead; returns whether this process has it now. Raises UpstreamError."""
        self._fencing = self._leases.acquire()
        return self.is_held

    def renew(self) -> bool:
        """Renew the lead; returns False when another has it. Raises UpstreamError.

        The number stays as it was: should the lead have been another's meanwhile, the next write fails by it.
        """
        return self._leases.acquire() is not None

    def lose(self) -> None:
        """Record that another process leads."""
        self._fencing = None

    def release(self) -> None:
        """Release the lead, so that another may lead at once. Raises UpstreamError."""
        if self._fencing is not None:
            self._fencing = None
            self._leases.release()


class LeadWatcher(Protocol):
    """Callbacks of the lead."""

    def lead(self, leads: bool) -> None: ...
    def trouble(self, doing: str, fault: DashwrightError) -> None: ...


class LeadRenewal:
    """Renews the lead while a pass may take long; that it was lost is found out by the next write.

    `renewed` is called after each time.
    """

    def __init__(self, lead: Lead, watcher: LeadWatcher, renewed: Callable[[], None], interval_seconds: float) -> None:
        self._lead = lead
        self._watcher = watcher
        self._renewed = renewed
        self._interval_seconds = interval_seconds

    @contextmanager
    def running(self, stop: threading.Event) -> Iterator[None]:
        """Renew in a thread; leaving sets `stop` and waits for it."""
        thread = threading.Thread(target=self._run, args=(stop,), name="lease-renewal")
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _run(self, stop: threading.Event) -> None:
        while not stop.wait(self._interval_seconds):
            if self._lead.is_held:
                self._renew()

    def _renew(self) -> None:
        try:
            if self._lead.renew():
                self._renewed()
            else:
                self._watcher.lead(False)
        except LeaseLost:
            return  # the loop finds out by its own write
        except UpstreamError as fault:
            self._watcher.trouble("renewing the lead", fault)
