"""Passes without a loop around them, for a person who waits for the end (`dashwright apply`)."""

from __future__ import annotations

import time
from collections.abc import Callable

from .model import PassReport
from .worker import Worker

_LOOK_SECONDS = 0.05


def apply_once(
    worker: Worker, *, wait: bool, timeout_seconds: float = 60.0, monotonic: Callable[[], float] = time.monotonic
) -> PassReport:
    """Pass until nothing is left to do now; with `wait`, until everything is proven.

    While another worker leads this one only waits for it. What is put off or held back does not end the waiting; the
    report tells what all passes did, and its `left` how much there is to do at the end.
    """
    deadline = monotonic() + timeout_seconds
    whole = PassReport()
    try:
        while True:
            report = worker.reconciler.run_pass() if worker.begin() else PassReport(left=worker.left())
            whole = report.after(whole)
            if report.left == 0 or not (wait or report.changed_something) or monotonic() >= deadline:
                return whole
            time.sleep(_LOOK_SECONDS)
    finally:
        worker.release()
