"""gunicorn around the application: one process with many threads, on loopback behind the edge or on the public port.

The services are built in the worker, after the fork: an open database must never cross one. gunicorn's `SCRIPT_NAME`
and `PATH_INFO` headers are off altogether, headers with underscores are dropped, and its own log goes our way.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.config import Config
from gunicorn.glogging import Logger

from backend_server.runtime.programs.nginx import behind_edge
from backend_server.settings import Settings
from backend_server.telemetry import configure_logging, get_logger
from backend_server.wiring.services import build_services

from .app import create_app
from .context import WAITING

THREADS = 16
GRACE_SECONDS = 8  # less than the 9 s in which supervisor expects the end
STOPPING_FILE = "stopping"  # in the run folder once everything is to stop
_FLUSH_SECONDS = 60.0
_LOOK_SECONDS = 0.25
_log = get_logger("web.server")


def bind_address(settings: Settings) -> str:
    """Return where `web` listens: loopback behind the edge, else the public port itself."""
    if behind_edge(settings):
        return f"127.0.0.1:{settings.web_port}"
    host = settings.listen_host
    return f"[{host}]:{settings.port}" if ":" in host else f"{host}:{settings.port}"


def serve(settings: Settings) -> None:
    """Run the web program until SIGTERM; ends the process. Call it from a fresh process's main thread."""
    configure_logging(settings, "web")
    address = bind_address(settings)
    if not behind_edge(settings) and settings.listen_host in ("127.0.0.1", "::1"):
        _log.warning("no ADMIN_PASSWORD is set, so only this machine can reach the service", listens=address)
    _Server(settings, address).run()


class _QuietLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's messages in our form; requests are told by the application itself."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        self.error_log.handlers = []
        self.error_log.propagate = True
        self.error_log.setLevel(logging.getLogger().level)  # LOG_LEVEL holds for gunicorn's lines as well
        self.access_log.handlers = []
        self.access_log.propagate = False

    def access(self, *_: object) -> None:
        """Leave it to the application, whose line has the request id and no token."""


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(self, settings: Settings, address: str) -> None:
        self._settings = settings
        self._address = address
        super().__init__()

    def load_config(self) -> None:
        options: dict[str, Any] = {
            "bind": [self._address],
            "workers": 1,
            "worker_class": "gthread",
            "threads": THREADS,
            "timeout": 60,
            "graceful_timeout": GRACE_SECONDS,
            "keepalive": 75,
            "header_map": "drop",
            "forwarder_headers": "",
            "forwarded_allow_ips": "127.0.0.1,::1",
            "limit_request_fields": 64,
            "logger_class": _QuietLogger,
            "control_socket_disable": True,
            "proc_name": "dashwright-web",
            "post_worker_init": _worker_begins,
            "worker_exit": _worker_ends,
        }
        if Path("/dev/shm").is_dir():  # noqa: S108 - gunicorn's heartbeat file, opened and unlinked at once
            options["worker_tmp_dir"] = "/dev/shm"  # noqa: S108 - as above
        for name, value in options.items():
            if name in self.cfg.settings:  # gunicorn before 25 has no control socket to switch off
                self.cfg.set(name, value)

    def load(self) -> Callable[..., Any]:
        services = build_services(self._settings, program="web")
        self.services = services
        self.flasks = create_app(services)
        return self.flasks


def _worker_begins(worker: Any) -> None:
    """Let SIGTERM end waiting requests at once, and write last uses every minute."""
    server = worker.app
    room = server.flasks.extensions[WAITING]

    def ending(then: Any) -> Callable[[int, FrameType | None], None]:
        def handle(number: int, frame: FrameType | None) -> None:
            room.stop()
            if callable(then):
                then(number, frame)

        return handle

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, ending(signal.getsignal(number)))
    server.ended = threading.Event()
    threading.Thread(target=_flush_by_the_minute, args=(server,), name="flush", daemon=True).start()
    if folder := os.environ.get("DASHWRIGHT_RUN"):
        marker = Path(folder) / STOPPING_FILE
        threading.Thread(target=_end_waiting, args=(server, room, marker), name="stopping", daemon=True).start()


def _flush_by_the_minute(server: Any) -> None:
    while not server.ended.wait(_FLUSH_SECONDS):
        server.services.flush()


def _end_waiting(server: Any, room: Any, marker: Path) -> None:
    """Answer `?wait=` requests as soon as everything is to stop: the edge stops before us, and waits for them."""
    while not server.ended.wait(_LOOK_SECONDS):
        if marker.exists():
            room.stop()
            return


def _worker_ends(_arbiter: Any, worker: Any) -> None:
    if hasattr(worker.app, "ended"):
        worker.app.ended.set()
    if hasattr(worker.app, "services"):
        worker.app.services.close()
