"""The fake Grafana: real HTTP on loopback, real provider YAML and folders, and controls for tests."""

from __future__ import annotations

import json
import os
import re
import threading
import time
import urllib.parse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from tests.fakes.grafana.answers import (
    JSON_LINE,
    Answer,
    json_answer,
    message,
    not_found,
    redirect,
)
from tests.fakes.grafana.costs import Costs
from tests.fakes.grafana.dashboards_api import DashboardsApi, UsersApi
from tests.fakes.grafana.database import Database
from tests.fakes.grafana.faults import Faults, Plan
from tests.fakes.grafana.http_server import HttpServer
from tests.fakes.grafana.page import VERSION, Page, asset
from tests.fakes.grafana.panel_queries import Answering, from_prometheus, made_up
from tests.fakes.grafana.providers import BrokenYaml, Datasource, read_datasources
from tests.fakes.grafana.public_api import PublicApi
from tests.fakes.grafana.request import AuthRules, Request, Who, check_origin, need_server_admin, who_asks
from tests.fakes.grafana.settings_api import list_datasources, own_settings
from tests.fakes.grafana.viewer_api import ViewerApi
from tests.fakes.grafana.walk import Provisioner, UnreadableFolder

_CLEAN_UP_SECONDS = 30.0
_DUPLICATES_SECONDS = 30.0
_QUIET_SECONDS = 5.0
Route = tuple[str, re.Pattern[str], Callable[..., Answer]]


class StartFailed(Exception):
    """Grafana would have exited with code 1."""


class FakeGrafana(Faults):
    """A Grafana 12.4.0 to our calls. Use it as a context manager, or `start()` and `stop()`.

    `provisioning` holds `dashboards/*.yml` and `datasources/*.yml`. `environment` is what `$VAR` in them means.
    `time_scale` shortens tickers and ticks: 0.1 makes 15 s of Grafana 1.5 s. Without `prometheus` panel queries are
    answered by a made-up series or by `answering`; with it the datasources' own addresses are asked.
    """

    def __init__(
        self,
        provisioning: Path,
        *,
        port: int = 0,
        environment: Mapping[str, str] | None = None,
        time_scale: float = 1.0,
        sub_path: str = "/grafana",
        root_url: str = "",
        admin_user: str = "admin",
        allow_embedding: bool = True,
        content_security_policy: bool = True,
        public_dashboards: bool = True,
        hide_version: bool = False,
        auth: AuthRules | None = None,
        datasources: tuple[Datasource, ...] = (),
        prometheus: bool = False,
        answering: Answering | None = None,
        polling: bool = True,
        ini: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        super().__init__()
        self.ini = ini or {}
        self.auth = auth or AuthRules()
        self.public_dashboards = public_dashboards
        self.hide_version = hide_version
        self.allow_embedding = allow_embedding
        self.content_security_policy = content_security_policy
        self.starting_seconds = 0.0
        self.costs: Costs | None = None  # without any a call takes what the fake itself takes
        self.sub_path = sub_path
        self.requests: list[Request] = []
        self.provisioner = Provisioner(provisioning, os.environ if environment is None else environment)
        self.answering: Answering = answering or (from_prometheus if prometheus else made_up)
        self.public_api = PublicApi()
        self.datasources: dict[str, Datasource] = {}
        self._given = datasources
        self._admin_user = admin_user
        self._time_scale = time_scale
        self._polling = polling
        self._root_url = root_url
        self._server = HttpServer(self._serve, port)
        self._stopping = threading.Event()
        self._ticker: threading.Thread | None = None
        self._signatures: dict[str, tuple[object, float]] = {}
        self.database = Database(admin_user)

    # Life

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Provision, then open the port; raises StartFailed where Grafana exits."""
        self._server.reserve_port()
        try:
            self._provision()
        except StartFailed:
            self._server.close_port()
            raise
        self.root_url = self._root = self._root_url or f"{self.origin}{self.sub_path}/"
        self._page = Page(self._root, self.sub_path)
        self._routes = self._make_routes()
        self._server.open_port()
        if self._polling:
            self._ticker = threading.Thread(target=self._tick_along, name="fake-grafana-ticker")
            self._ticker.start()
        return self

    def stop(self) -> None:
        """Close the port and end all threads."""
        self._stopping.set()
        self._server.close_port()
        if self._ticker is not None:
            self._ticker.join(10)

    def refuse(self) -> None:
        """Close the port, keeping everything else: connections are refused."""
        self._server.close_port()

    def accept(self) -> None:
        """Open the port again."""
        self._server.open_port()

    def restart(self) -> None:
        """Stop and start with the same database: the port is closed while the files are walked."""
        self.refuse()
        self.database.seen_headers.clear()
        self._provision()
        self.accept()

    def forget_database(self) -> None:
        """Lose the database and start anew with an empty one; the port stays closed until the files are walked."""
        self.refuse()
        self.database = Database(self._admin_user)
        self._provision()
        self.accept()

    def _provision(self) -> None:
        time.sleep(self.starting_seconds)
        try:
            found = read_datasources(self.provisioner.provisioning, self.provisioner.environment)
            self.provisioner.reload(self.database)
        except (BrokenYaml, UnreadableFolder) as fault:
            raise StartFailed(str(fault)) from fault
        default = Datasource("Prometheus", "prometheus", url="http://127.0.0.1:9090", is_default=True)
        self.datasources = {one.uid: one for one in (*found, *self._given)} or {default.uid: default}
        self._signatures.clear()

    # What tests ask

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def url(self) -> str:
        """What GRAFANA_URL would be."""
        return self.origin + self.sub_path

    @property
    def reload_count(self) -> int:
        """How many dashboard reloads were carried out since the start."""
        return self.provisioner.reload_count

    @property
    def log(self) -> list[str]:
        """What Grafana would have logged about provisioning."""
        return self.provisioner.log

    def forget_requests(self) -> None:
        """Empty the log of requests."""
        self.requests.clear()

    def requests_that_change_something(self) -> list[Request]:
        """Return the logged requests that write."""
        return [request for request in self.requests if request.changes_something]

    def make_unreadable(self, folder: Path) -> None:
        """Have a folder refuse to be read, as permissions would (tests may run as root)."""
        self.provisioner.unreadable.add(Path(os.path.realpath(folder)))

    def make_readable(self) -> None:
        """Undo `make_unreadable`."""
        self.provisioner.unreadable.clear()

    def poll(self) -> None:
        """Walk every provider once, as its ticker would."""
        for provider in list(self.provisioner.providers):
            self.provisioner.poll(self.database, provider)

    def clean_up(self) -> None:
        """Run the 30 s tick now."""
        self.database.clean_up()

    def dashboard_uids(self) -> list[str]:
        """Return the uids of all stored dashboards, sorted."""
        with self.database.lock:
            return sorted(one.uid for one in self.database.dashboards)

    # Tickers

    def _tick_along(self) -> None:
        scale = self._time_scale
        clean_at = duplicates_at = time.monotonic()
        while not self._stopping.wait(min(0.1, scale)):
            now = time.monotonic()
            if now - clean_at >= _CLEAN_UP_SECONDS * scale:
                clean_at = now
                self.clean_up()
            if now - duplicates_at >= _DUPLICATES_SECONDS * scale:
                duplicates_at = now
                with self.provisioner.walking:
                    self.provisioner.check_duplicates()
            for provider in list(self.provisioner.providers):
                if provider.watches:
                    if self._quiet_since(provider.name, provider.path, now, scale):
                        self.provisioner.poll(self.database, provider)
                elif provider.due_at == 0.0:
                    provider.due_at = now + provider.interval_seconds * scale
                elif now >= provider.due_at:
                    provider.due_at = now + provider.interval_seconds * scale
                    self.provisioner.poll(self.database, provider)

    def _quiet_since(self, name: str, path: Path, now: float, scale: float) -> bool:
        """Whether a watched folder changed and has been quiet for 5 s since; a folder made anew is never seen."""
        seen, changed_at = self._signatures.get(name, (None, 0.0))
        try:
            inode = path.stat().st_ino
        except OSError:
            inode = 0
        signature = (inode, tuple(sorted((str(p), p.stat().st_mtime_ns) for p in path.rglob("*.json") if p.exists())))
        if seen is None:
            self._signatures[name] = (signature, 0.0)
            return False
        if seen == "deaf" or signature[0] != seen[0]:
            self._signatures[name] = ("deaf", 0.0)
            return False
        if signature != seen:
            self._signatures[name] = (signature, now)
            return False
        if changed_at and now - changed_at >= _QUIET_SECONDS * scale:
            self._signatures[name] = (signature, 0.0)
            return True
        return False

    # Serving

    def _serve(
        self, method: str, target: str, headers: dict[str, str], body: bytes, peer: str
    ) -> tuple[Answer, Plan, dict[str, str]]:
        raw, _, query_string = target.partition("?")
        inside = raw == self.sub_path or raw.startswith(self.sub_path + "/")
        path = raw.removeprefix(self.sub_path) or "/" if inside else raw
        request = Request(method, target, path, query_string, headers, body, peer)
        self.requests.append(request)
        plan = self.plan_for(request)
        if plan.seconds:
            self._stopping.wait(plan.seconds)
        for act in plan.acts:
            act(request)
        if self.costs is not None:
            self.costs.spend(method, path, walking=self.provisioner.is_walking)
        if plan.drop == "before":
            return Answer(500), plan, {}
        answer = plan.answer or self._dispatch(request, inside)
        request.status = answer.status
        return answer, plan, self._common_headers(answer, path)

    def _common_headers(self, answer: Answer, path: str) -> dict[str, str]:
        if path.startswith("/public/") and answer.status == 200:
            return {}
        headers = {"X-Content-Type-Options": "nosniff"}
        if answer.bare:
            return headers
        headers |= {"Cache-Control": "no-store", "X-Xss-Protection": "1; mode=block"}
        if self.content_security_policy:
            headers["Content-Security-Policy"] = (
                f"script-src 'self' 'strict-dynamic' 'nonce-{answer.nonce}';object-src 'none';"
            )
        if not self.allow_embedding:
            headers["X-Frame-Options"] = "deny"
        return headers

    def _dispatch(self, request: Request, inside: bool) -> Answer:
        if not inside and not request.path.startswith("/api"):
            return redirect(301, self._root.rstrip("/") + request.target)
        if refused := check_origin(self.auth, request):
            return refused
        for method, pattern, act in self._routes:
            found = pattern.fullmatch(request.path)
            if found and request.method in (method, "HEAD" if method == "GET" else method):
                return act(request, *(urllib.parse.unquote(part) for part in found.groups()))
        who = who_asks(self.database, self.auth, request)
        if request.path.startswith("/api"):
            return not_found() if who.user else who.refused
        return not_found() if who.user else self._sign_in(request.path)

    def _make_routes(self) -> list[Route]:
        dashboards, users, public = DashboardsApi(self.sub_path), UsersApi(self.sub_path), self.public_api
        viewer = ViewerApi(lambda: self.datasources, lambda: self.answering)
        one, rows = "/api/dashboards/uid/([^/]+)", "/public-dashboards"
        signed_in: list[tuple[str, str, Callable[..., Answer]]] = [
            ("GET", one, dashboards.get),
            ("DELETE", one, dashboards.delete),
            ("POST", "/api/dashboards/db/?", dashboards.save),
            ("GET", "/api/search/?", dashboards.search),
            ("GET", "/api/folders/?", dashboards.folders),
            ("GET", "/api/user/?", users.me),
            ("GET", "/api/frontend/settings/?", self._settings),
            ("GET", "/api/users/?", users.all),
            ("GET", "/api/org/users/?", users.members),
            ("POST", "/api/org/users/?", users.join),
            ("PATCH", r"/api/org/users/(\d+)", users.set_role),
            ("POST", "/api/admin/users/?", users.create),
            ("GET", "/api/admin/settings/?", lambda _, who, __: own_settings(self, who)),
            ("GET", "/api/datasources/?", lambda _, who, __: list_datasources(self, who)),
            ("POST", "/api/admin/provisioning/dashboards/reload", self._reload),
            ("POST", "/api/admin/provisioning/datasources/reload", self._reload_datasources),
        ]
        open_to_all: list[tuple[str, str, Callable[..., Answer]]] = [
            ("GET", "/api/health", lambda _: self._health()),
            ("GET", "/healthz", lambda _: Answer(200, b"Ok", {"Content-Type": "text/plain; charset=utf-8"})),
            ("GET", "/metrics", lambda _: self._metrics()),
            ("GET", "/public/(.+)", self._asset),
            ("GET", "/login", lambda _: Answer(200, b"<!DOCTYPE html>", {"Content-Type": "text/html; charset=UTF-8"})),
        ]
        if self.public_dashboards:
            signed_in += [
                ("GET", one + rows, public.get),
                ("POST", one + rows, public.create),
                ("PATCH", one + rows + "/([^/]+)", public.update),
                ("DELETE", one + rows + "/([^/]+)", public.delete),
                ("GET", "/api/dashboards" + rows + "/?", public.list),
            ]
            seen = "/api/public/dashboards/([^/]+)"
            open_to_all += [
                ("GET", seen, lambda *found: viewer.dashboard(self.database, *found)),
                ("GET", seen + "/annotations", lambda *found: viewer.annotations(self.database, *found)),
                ("POST", seen + "/panels/([^/]+)/query", lambda *found: viewer.query(self.database, *found)),
                ("GET", "/public-dashboards/([^/]+)", self._public_page),
                ("GET", "/bootdata/([^/]+)", lambda _, token: self._page.boot_answer(self.datasources, token)),
            ]
        routes: list[Route] = [(method, re.compile(path), act) for method, path, act in open_to_all]
        return routes + [(method, re.compile(path), self._signed_in(act)) for method, path, act in signed_in]

    def _signed_in(self, act: Callable[..., Answer]) -> Callable[..., Answer]:
        def guarded(request: Request, *found: str) -> Answer:
            who = who_asks(self.database, self.auth, request)
            return who.refused if who.user is None else act(self.database, who, request, *found)

        return guarded

    def _reload(self, _database: Database, who: Who, _request: Request) -> Answer:
        if refused := need_server_admin(who, "provisioning:reload"):
            return refused
        try:
            self.provisioner.reload(self.database)
        except (BrokenYaml, UnreadableFolder) as fault:
            self.log.append(str(fault))
            return message(500, "Internal Server Error")
        finally:
            self.provisioner.reload_count += 1
        return json_answer(200, {"message": "Dashboards config reloaded"})

    def _reload_datasources(self, _database: Database, who: Who, _request: Request) -> Answer:
        refused = need_server_admin(who, "provisioning:reload")
        return refused or json_answer(200, {"message": "Datasources config reloaded"})

    def _health(self) -> Answer:
        report: dict[str, Any] = {"database": "ok"}
        if not self.hide_version:
            report |= {"version": VERSION, "commit": "NA"}
        return Answer(200, json.dumps(report, indent=2).encode(), {"Content-Type": JSON_LINE})

    def _settings(self, _database: Database, _who: Who, _request: Request) -> Answer:
        settings = self._page.boot_data(self.datasources, "")["settings"]
        return json_answer(200, {**settings, "buildInfo": {**settings["buildInfo"], "version": VERSION}})

    def _metrics(self) -> Answer:
        body = (
            f'grafana_build_info{{version="{VERSION}"}} 1\ngrafana_stat_totals_dashboard {len(self.dashboard_uids())}\n'
        )
        return Answer(200, body.encode(), {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    def _asset(self, request: Request, name: str) -> Answer:
        return asset(name) or self._sign_in(request.path)

    def _sign_in(self, path: str) -> Answer:
        to = "" if path == "/" else f"?redirectTo={urllib.parse.quote(path, safe='')}"
        return redirect(302, f"{self.sub_path}/login{to}")

    def _public_page(self, request: Request, token: str) -> Answer:
        language = "de-DE" if request.headers.get("accept-language", "").startswith("de") else "en-US"
        answer = self._page.html(self.datasources, token, request.query("theme") or "dark", language)
        return answer if self.content_security_policy else Page.without_nonce(answer)
