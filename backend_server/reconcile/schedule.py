"""Named due times: what the worker does now and then, and what others have it do beside."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from backend_server.errors import DashwrightError, LeaseLost


@dataclass(frozen=True, slots=True)
class Job:
    """Something that the worker does every `every_seconds` while it leads; `doing` names it where it fails."""

    doing: str
    run: Callable[[], None]
    every_seconds: float = 0.0


class Schedule:
    """When each thing is due, by a monotonic clock. What was never put off is due at once."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.now = monotonic
        self._due_at: dict[str, float] = {}

    def is_due(self, name: str) -> bool:
        """Whether the time has come."""
        return self.now() >= self._due_at.get(name, float("-inf"))

    def postpone(self, name: str, seconds: float) -> None:
        """Make it due in so many seconds from now."""
        self._due_at[name] = self.now() + seconds

    def at_once(self, name: str) -> None:
        """Make it due now."""
        self._due_at.pop(name, None)


class JobWatcher(Protocol):
    """Callbacks of the jobs."""

    def trouble(self, doing: str, fault: DashwrightError) -> None: ...


class Jobs:
    """Runs jobs; a failure is reported, and the job retried in its turn."""

    def __init__(self, jobs: Iterable[Job], schedule: Schedule, watcher: JobWatcher) -> None:
        self._jobs = tuple(jobs)
        self._schedule = schedule
        self._watcher = watcher

    def run_due(self) -> None:
        """Run each job whose time has come. Raises LeaseLost."""
        for job in self._jobs:
            if self._schedule.is_due(job.doing):
                self._schedule.postpone(job.doing, job.every_seconds)
                self.run(job)

    def run(self, job: Job) -> None:
        """Run a job now. Raises LeaseLost."""
        try:
            job.run()
        except LeaseLost:
            raise
        except DashwrightError as fault:
            self._watcher.trouble(job.doing, fault)
