"""The lead: held by one worker at a time, under a number that each of its writes is compared with."""

from __future__ import annotations

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
        """Ask for the lead; whether this process has it now. Raises UpstreamError."""
        self._fencing = self._leases.acquire()
        return self.is_held

    def renew(self) -> bool:
        """Make the lead last longer; False when another has it. Raises UpstreamError.

        The number stays as it was: should the lead have been another's meanwhile, the next write fails by it.
        """
        return self._leases.acquire() is not None

    def lose(self) -> None:
        """Note that another leads."""
        self._fencing = None

    def release(self) -> None:
        """Let go, so that another may lead at once. Raises UpstreamError."""
        if self._fencing is not None:
            self._fencing = None
            self._leases.release()
