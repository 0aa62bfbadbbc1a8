"""What a start leaves in its run folder: whether it has succeeded, and why it was given up."""

from __future__ import annotations

import os
import signal

from backend_server.settings import Settings

from .watchdog import FAILED_FILE

READY_FILE = "ready"  # there once the start has succeeded


def give_up_start(settings: Settings, reason: str) -> None:
    """End a start that has not succeeded yet and cannot; does nothing for a program that nobody's `run` started."""
    folder, supervisor = settings.runtime_folder, settings.runtime_parent
    if folder is None or not supervisor or (folder / READY_FILE).exists():
        return
    failed = folder / FAILED_FILE
    if not failed.exists():
        failed.write_text(reason.rstrip("."), encoding="utf-8")
    os.kill(supervisor, signal.SIGTERM)
