"""What a program writes into its log, captured."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from backend_server.telemetry import configure_logging


@contextmanager
def captured_log(program: str) -> Iterator[io.StringIO]:
    """Log as a program does, into a text; afterwards logging is as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    written = io.StringIO()
    configure_logging(program, stream=written)
    try:
        yield written
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()
