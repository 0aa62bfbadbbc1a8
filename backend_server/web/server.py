"""gunicorn around the application: one process with many threads, on a unix socket, or without an edge on the port.

The services are built in the worker, after the fork: an open database must never cross one. gunicorn's `SCRIPT_NAME`
and `PATH_INFO` headers are off altogether, headers with underscores are dropped, and its own log goes our way.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.config import Config
from gunicorn.glogging import Logger

from backend_server.runtime.ports import public_claim
from backend_server.runtime.sockets import Listening, bind_tcp, bind_unix, listen_addresses
from backend_server.settings import Settings
from backend_server.settings.capacity import WEB_THREADS
from backend_server.settings.topology import STOPPING_FILE, WEB_SOCKET, behind_edge, run_folder
from backend_server.telemetry import configure_logging, get_logger
from backend_server.wiring.record import Services
from backend_server.wiring.services import build_services, close_services, flush_services

from .app import DashwrightApp, create_app
from .context import WAITING
from .gunicorn_worker import WorkerInOurWords
from .waiting import WaitingRoom

GRACE_SECONDS = 8  # less than the 9 s in which supervisor expects the end
_FLUSH_SECONDS = 60.0
_LOOK_SECONDS = 0.25
_log = get_logger("web.server")


def listening(settings: Settings) -> list[Listening]:
    """Return what `web` listens on: a unix socket behind the edge, else the public port; ConfigError when taken."""
    if behind_edge(settings):
        return [bind_unix(run_folder(settings), WEB_SOCKET)]
    claim = public_claim(settings)
    return [bind_tcp(host, claim.port, claim.refused) for host in listen_addresses(claim.host)]


def serve(settings: Settings) -> None:
    """Run the web program until SIGTERM; ends the process. Call it from a fresh process's main thread."""
    configure_logging("web", level=settings.log_level, as_json=settings.json_lines)
    if not behind_edge(settings) and settings.listen_host in ("127.0.0.1", "::1"):
        _log.warning(
            "no ADMIN_PASSWORD is set, so only this machine can reach the service",
            listens=f"{settings.own_host}:{settings.port}",
        )
    _Server(_Program(settings, listening(settings))).run()


@dataclass(slots=True)
class _Program:
    """What runs in gunicorn's one worker: made after the fork, ended with it."""

    settings: Settings
    listening: list[Listening]
    services: Services | None = None
    app: DashwrightApp | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    def load(self) -> DashwrightApp:
        self.services = build_services(self.settings, program="web")
        self.app = create_app(self.services)
        return self.app

    def begin(self, _worker: object) -> None:
        """Make SIGTERM end waiting requests at once, write last uses every minute, and follow Prometheus' scrapes."""
        assert self.app is not None
        assert self.services is not None
        room: WaitingRoom = self.app.extensions[WAITING]
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, _ending(room, signal.getsignal(number)))
        threading.Thread(target=self._flush_by_the_minute, name="flush", daemon=True).start()
        watch = self.services.scrape_watch.watch
        threading.Thread(target=watch, args=(self.ended,), name="scrapes", daemon=True).start()
        if self.settings.runtime_folder is not None:
            marker = self.settings.runtime_folder / STOPPING_FILE
            threading.Thread(target=self._end_waiting, args=(room, marker), name="stopping", daemon=True).start()

    def end(self, _arbiter: object, _worker: object) -> None:
        """End the threads and close the services."""
        self.ended.set()
        if self.services is not None:
            close_services(self.services)

    def _flush_by_the_minute(self) -> None:
        assert self.services is not None
        while not self.ended.wait(_FLUSH_SECONDS):
            flush_services(self.services)

    def _end_waiting(self, room: WaitingRoom, marker: Path) -> None:
        """Answer `?wait=` requests as soon as everything is to stop: the edge stops before us, and waits for them."""
        while not self.ended.wait(_LOOK_SECONDS):
            if marker.exists():
                room.stop()
                return


def _ending(room: WaitingRoom, then: Any) -> Callable[[int, FrameType | None], None]:
    def handle(number: int, frame: FrameType | None) -> None:
        room.stop()
        if callable(then):
            then(number, frame)

    return handle


def _limits(edge: bool) -> dict[str, int]:
    """Return the bounds of a request's head: behind the edge whatever nginx lets in, since it has refused the rest."""
    if edge:
        return {"limit_request_line": 0, "limit_request_field_size": 128 * 1024, "limit_request_fields": 32_768}
    return {"limit_request_line": 8190, "limit_request_field_size": 64 * 1024, "limit_request_fields": 256}


class _QuietLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's messages in our form; the application itself logs requests."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        self.error_log.handlers = []
        self.error_log.propagate = True
        self.error_log.setLevel(logging.getLogger().level)  # LOG_LEVEL holds for gunicorn's lines as well
        self.access_log.handlers = []
        self.access_log.propagate = False

    def access(self, *_: object) -> None:
        """Log nothing: the application's own line has the request id and no token."""


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(self, program: _Program) -> None:
        self._program = program
        self._handles = [one.socket.detach() for one in program.listening]  # gunicorn's from here on: it closes them
        super().__init__()

    def load_config(self) -> None:
        options: dict[str, Any] = {
            "bind": [f"fd://{handle}" for handle in self._handles],
            "workers": 1,
            "worker_class": WorkerInOurWords,
            "threads": WEB_THREADS,
            "timeout": 60,
            "graceful_timeout": GRACE_SECONDS,
            "keepalive": 75,
            "header_map": "drop",
            "forwarder_headers": "",
            "forwarded_allow_ips": "127.0.0.1,::1",
            # The scheme is read with the other forwarding headers (`edge_headers`); gunicorn would refuse a request
            # whose headers say it in two ways.
            "secure_scheme_headers": {},
            **_limits(behind_edge(self._program.settings)),
            "logger_class": _QuietLogger,
            "control_socket_disable": True,
            "proc_name": "dashwright-web",
            "post_worker_init": self._program.begin,
            "worker_exit": self._program.end,
        }
        if Path("/dev/shm").is_dir():  # noqa: S108 - gunicorn's heartbeat file, opened and unlinked at once
            options["worker_tmp_dir"] = "/dev/shm"  # noqa: S108 - as above
        for name, value in options.items():
            if name in self.cfg.settings:  # gunicorn before 25 has no control socket to switch off
                self.cfg.set(name, value)

    def load(self) -> Callable[..., Any]:
        return self._program.load()
