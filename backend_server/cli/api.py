"""The API as commands call it: over HTTP with `--url` (or DASHWRIGHT_URL), else in this process on the local database.

Both ways run the same routes with the same checks, so a command cannot do what the API would refuse.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlencode, urlsplit, urlunsplit

import click
import orjson

from backend_server.errors import (
    ConfigError,
    Conflict,
    DashwrightError,
    Forbidden,
    Gone,
    InputError,
    NotFound,
    Unauthenticated,
    UpstreamError,
)
from backend_server.settings import current_settings

from .context import open_services

if TYPE_CHECKING:
    from backend_server.wiring.record import Services

_ON_EVERY_ANSWER = "x-request-id"
_DEADLINE_SECONDS = 70.0
_MOST_BYTES = 64 * 1024 * 1024
_BY_STATUS: Mapping[int, type[DashwrightError]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
}
Command = TypeVar("Command", bound=Callable[..., Any])


Call = Callable[..., Any]  # (method, path, body) -> the answer's JSON


class Api:
    """Calls routes at `url`, at DASHWRIGHT_URL, or in this process; opened at the first call, so that what can be
    refused at once needs no database.
    """

    def __init__(self, url: str | None, token: str | None, closing: ExitStack) -> None:
        self._url = url or os.environ.get("DASHWRIGHT_URL")
        self._token = token
        self._closing = closing
        self._call: Call | None = None
        # From then on a value that does not fit comes from there: another service, or another version of ours.
        self.was_answered_elsewhere = False

    @property
    def is_elsewhere(self) -> bool:
        """Whether a running service is asked rather than this machine's database."""
        return bool(self._url)

    def __call__(self, method: str, path: str, body: object = None) -> Any:
        """Return the answer's JSON; raises the error that an answer names."""
        if self._call is None:
            self._call = self._open()
        answer = self._call(method, path, body)
        self.was_answered_elsewhere = self.is_elsewhere
        return answer

    def all_pages(self, path: str, query: Mapping[str, str]) -> list[Any]:
        """Return every item of a paged list."""
        found: list[Any] = []
        for page in range(1, 10_001):
            items = self("GET", f"{path}?{urlencode({**query, 'page': page, 'per_page': 1000})}")
            found += items
            if len(items) < 1000:
                break
        return found

    def _open(self) -> Call:
        if self._url:
            return _over_http(self._url.rstrip("/"), self._token)
        return _in_process(self._closing.enter_context(open_services()))


def api_command(*, json: str | None = None) -> Callable[[Command], Command]:
    """Pass a command the API as `api`; where `json` says what is printed then, also the flag `--json` as `as_json`."""
    options = [
        click.option("--token", metavar="TOKEN", help="API token for --url; better given as API_TOKEN."),
        click.option("--url", metavar="URL", help="Address of a running service; or DASHWRIGHT_URL."),
    ]
    if json is not None:
        options.append(click.option("--json", "as_json", is_flag=True, help=json))

    def decorate(command: Command) -> Command:
        @wraps(command)
        def run(*arguments: Any, url: str | None, token: str | None, **given: Any) -> Any:
            with ExitStack() as closing:
                api = Api(url, token, closing)
                try:
                    return command(*arguments, api=api, **given)
                except (KeyError, IndexError, TypeError, ValueError, AttributeError) as fault:
                    if api.was_answered_elsewhere:
                        raise _not_ours() from fault
                    raise

        for option in options:
            run = option(run)
        return cast("Command", run)

    return decorate


def _over_http(url: str, token: str | None) -> Call:
    from backend_server.outbound import Bounds, HttpClient, HttpRequest

    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise ConfigError(f"The address {url!r} must look like http://host:5109.")
    if token is None:
        configured = current_settings().api_token
        token = configured.reveal() if configured else None
    if token and not (token.isascii() and token.isprintable() and " " not in token):
        raise ConfigError(
            "API_TOKEN/--token holds characters no token has (printable ASCII only, without spaces); give the whole "
            "token as `dashwright token create` showed it."
        )
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    http = HttpClient(f"Dashwright at {shown_address(url)}")

    def call(method: str, path: str, body: object = None) -> Any:
        payload = None if body is None else orjson.dumps(body)
        reply = http.send(HttpRequest(method, url + path, headers, payload), Bounds(_DEADLINE_SECONDS, _MOST_BYTES))
        if 200 <= reply.status < 300 and _ON_EVERY_ANSWER not in reply.headers:
            raise _not_ours()
        return _answer(reply.status, reply.body)

    return call


def _not_ours() -> UpstreamError:
    return UpstreamError("Something answers at the address, and not as Dashwright does; check --url.")


def shown_address(url: str) -> str:
    """Return an address that the operator named, for an error's words: without user, password, query and fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _in_process(services: Services) -> Call:
    from flask import g

    from backend_server.accounts import Actor, Role
    from backend_server.web.app import create_app

    app = create_app(services)
    actor = Actor(name=f"cli:{os.environ.get('USER', os.geteuid())}", role=Role.ADMIN)

    def be_the_operator() -> None:
        # Whoever may open the database may do everything anyway; the name stands in the audit.
        g.actor = actor

    app.before_request_funcs.setdefault(None, []).insert(0, be_the_operator)
    client = app.test_client()
    base = services.settings.base_url or services.settings.own_base

    def call(method: str, path: str, body: object = None) -> Any:
        answer = client.open(path, method=method, json=body, base_url=base)
        return _answer(answer.status_code, answer.get_data())

    return call


def _answer(status: int, body: bytes) -> Any:
    try:
        answer = orjson.loads(body) if body else None
    except orjson.JSONDecodeError:
        answer = None
        if 200 <= status < 300:
            raise _not_ours() from None
    if 200 <= status < 300:
        return answer
    error = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(error, dict):
        raise UpstreamError(f"The address answered {status}, and not as Dashwright does; check --url.")
    kind = _BY_STATUS.get(status, InputError if 400 <= status < 500 else UpstreamError)
    details = error.get("details")
    raise kind(str(error.get("message", "")), details=details if isinstance(details, dict) else None)
