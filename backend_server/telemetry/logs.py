"""Log lines: one line per event on standard output, with the program's name; text or JSON; secrets redacted.

The libraries' own logs (gunicorn, alembic, urllib3) take the same way out.
"""

from __future__ import annotations

import logging
import sys
from typing import Any, TextIO, cast

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from backend_server.primitives.redact import redact

_FIRST = ("timestamp", "program", "level", "event")


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return a logger; its events are lost-free only after `configure_logging`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def configure_logging(
    program: str, *, level: str = "INFO", as_json: bool = False, stream: TextIO | None = None
) -> None:
    """Set up logging for one program (`web`, `worker`, …); called once, at the program's start.

    Args:
        as_json: one JSON object a line, rather than text.
        stream: where lines go; standard output unless a test says otherwise.
    """

    def name_program(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["program"] = program
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_program,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _redacted,
                _as_json if as_json else _as_text,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    chosen = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    root.setLevel(chosen)
    # These speak of every connection or step at INFO and DEBUG, the first two with whole URLs in them.
    for chatty in ("urllib3", "werkzeug", "alembic.runtime.plugins", "alembic.runtime.migration"):
        logging.getLogger(chatty).setLevel(max(chosen, logging.WARNING))


def _redacted(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return cast("EventDict", redact(event))


def _as_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    ordered: dict[str, Any] = {name: event.pop(name) for name in _FIRST if name in event}
    return orjson.dumps({**ordered, **event}, default=str).decode()


def _as_text(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """Write `time program LEVEL event key=value …`; a line break inside a value cannot begin a new line."""
    head = " ".join(str(event.pop(name, "")) for name in ("timestamp", "program"))
    level = str(event.pop("level", "")).upper()
    words = [head, level, str(event.pop("event", ""))]
    for name, value in event.items():
        shown = value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
        words.append(
            f'{name}="{shown}"' if " " in shown and not shown.startswith(("{", "[", '"')) else f"{name}={shown}"
        )
    return " ".join(words).replace("\r", "\\r").replace("\n", "\\n")
