"""A running application for tests: real store, real templates, real HTTP on loopback, passes in a thread, no Grafana.

`live_app` is a fixture; a folder's conftest makes it known (`from tests.support.app import live_app`).
"""

from __future__ import annotations

import json
import shutil
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from backend_server.accounts import Actor, Role, Scope
from backend_server.primitives.secret import Secret
from backend_server.reconcile.heartbeat import HEARTBEAT
from backend_server.reconcile.model import PassReport
from backend_server.settings import Settings
from backend_server.storage.engine.store import Store
from backend_server.storage.leases import WORKER_LEASE, lease_state
from backend_server.web.app import DashwrightApp, create_app
from backend_server.web.context import WAITING
from backend_server.wiring.accounts import ensure_first_admin
from backend_server.wiring.reconcile import build_worker
from backend_server.wiring.record import Services
from backend_server.wiring.services import build_services, close_services

ADMIN_PASSWORD = "a password for tests"
API_TOKEN = "dw_token-of-the-tests-0123456789abcdefghij"
ROOT = Actor("test", Role.ADMIN)


@dataclass(slots=True)
class Reply:
    """What the application answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Parse the body."""
        return json.loads(self.body)


@dataclass(slots=True)
class LiveApp:
    """The application on loopback. `call` speaks real HTTP; `client()` is Flask's own client."""

    base: str
    token: str
    settings: Settings
    services: Services
    app: DashwrightApp
    passes: Passes = field(repr=False)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = "",
        headers: dict[str, str] | None = None,
        timeout_seconds: float = 20.0,
    ) -> Reply:
        """Send a request; signed with the administrator's token unless `token` is another or None."""
        sent = {"Accept": "application/json", **(headers or {})}
        if token is not None:
            sent.setdefault("Authorization", f"Bearer {token or self.token}")
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        request = urllib.request.Request(self.base + path, data, sent, method=method)
        opener = urllib.request.build_opener(_NoRedirects)
        try:
            with opener.open(request, timeout=timeout_seconds) as answer:
                return Reply(answer.status, dict(answer.headers.items()), answer.read())
        except urllib.error.HTTPError as fault:
            with fault:
                return Reply(fault.code, dict(fault.headers.items()), fault.read())

    def deeds(self) -> int:
        """Count what anybody ever did: every write by a caller is in the audit, and the worker's passes are not."""
        return int(self.call("GET", "/api/audit?per_page=1").headers["X-Total-Count"])

    def token_of(self, role: Role, *scopes: Scope, expires_at: int | None = None) -> str:
        """Make an API token of a role."""
        name = f"{role.value}-{len(self.services.accounts.tokens())}"
        return self.services.accounts.create_token(name, role, scopes, expires_at, by=ROOT)[1].reveal()


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_: Any) -> None:
        """Say nothing: the application tells its requests itself."""


class Passes:
    """The worker in a thread; inside `hold()` no pass runs."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._stop = threading.Event()
        self._worker = build_worker(services)
        self._held = threading.Lock()
        run_pass = self._worker.reconciler.run_pass

        def held_pass(should_stop: Callable[[], bool]) -> PassReport:
            with self._held:
                return run_pass(should_stop)

        reconciler: Any = self._worker.reconciler
        reconciler.run_pass = held_pass
        self._thread = threading.Thread(target=self._worker.run, args=(self._stop,), name="worker", daemon=True)

    def start(self, *, first_pass: bool = True) -> None:
        """Begin to work; ends after the first pass, when the worker has all its threads and they belong to the caller.

        With `first_pass` False it only begins.
        """
        self._thread.start()
        if not first_pass:
            return
        deadline = time.monotonic() + 20
        while not self._has_passed() and time.monotonic() < deadline:
            time.sleep(0.01)

    def _has_passed(self) -> bool:
        with self._services.store.read() as connection:
            lease = lease_state(connection, self._services.store.dialect, WORKER_LEASE)
        beat = json.loads(self._services.records.values.get(HEARTBEAT) or "{}")
        return lease is not None and beat.get("fencing") == lease.fencing and bool(beat.get("passed"))

    def stop(self) -> None:
        """Finish the step under way and end."""
        self._stop.set()
        self._thread.join(10)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep passes from running."""
        with self._held:
            yield


@contextmanager
def running_app(folder: Path, *, empty_database: Path | None = None, **settings: Any) -> Iterator[LiveApp]:
    """Start the application with its folders below `folder`; `settings` are laid over the tests' own."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    chosen = Settings(
        **{
            "data_dir": folder / "data",
            "dashboards_dir": folder / "dashboards",
            "admin_password": Secret(ADMIN_PASSWORD),
            "api_token": Secret(API_TOKEN),
            "prometheus_url": "http://127.0.0.1:9",  # nobody listens there
            "poller_port": 9,
            "port": port,
            "pass_interval": 0.02,
            **settings,
        }
    )
    chosen.data_dir.mkdir(parents=True, exist_ok=True)
    if empty_database is not None and chosen.database_url is None:
        shutil.copy(empty_database, chosen.data_dir / "dashwright.db")
    store = Store.open(chosen.database_url.reveal() if chosen.database_url else None, chosen.data_dir)
    store.migrate()
    ensure_first_admin(chosen, store)
    store.close()
    services = build_services(chosen, program="web")
    passes = Passes(services)
    app = create_app(services)
    server: BaseWSGIServer = make_server(
        "127.0.0.1", port, app, threaded=True, request_handler=_Quiet, fd=listening.fileno()
    )
    server.daemon_threads = True  # type: ignore[attr-defined]  # threaded=True gives a ThreadingMixIn
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="app", daemon=True)
    serving.start()
    passes.start()
    try:
        yield LiveApp(f"http://127.0.0.1:{port}", API_TOKEN, chosen, services, app, passes)
    finally:
        app.extensions[WAITING].stop()
        server.shutdown()
        serving.join(10)
        server.server_close()
        listening.close()
        passes.stop()
        close_services(services)


@pytest.fixture
def live_app(tmp_path: Path, sqlite_template: Path) -> Iterator[LiveApp]:
    """The application over a fresh SQLite database, running for this test."""
    with running_app(tmp_path, empty_database=sqlite_template) as app:
        yield app


def admin_session(app: LiveApp) -> dict[str, str]:
    """Sign in as the administrator over HTTP; gives the `Cookie` header and the session's CSRF token as `csrf`."""
    page = app.call("GET", "/login", token=None)
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    form = {"name": "admin", "password": ADMIN_PASSWORD, "csrf": csrf_in(page.body), "next": "/"}
    signed_in = app.call("POST", "/login", urlencoded(form), token=None, headers={"Cookie": cookie, **FORM})
    assert signed_in.status == 303, signed_in.body
    cookie = signed_in.headers["Set-Cookie"].partition(";")[0]
    home = app.call("GET", "/", token=None, headers={"Cookie": cookie})
    return {"Cookie": cookie, "csrf": csrf_in(home.body)}


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def urlencoded(form: dict[str, str]) -> bytes:
    """Write a form's body."""
    from urllib.parse import urlencode

    return urlencode(form).encode()


def csrf_in(page: bytes) -> str:
    """Find the protection token in a page's form."""
    before, _, rest = page.decode().partition('name="csrf" value="')
    assert rest, before[:500]
    return rest.partition('"')[0]


__all__ = ["ADMIN_PASSWORD", "API_TOKEN", "FORM", "LiveApp", "Reply", "admin_session", "live_app", "running_app"]
