"""The API as commands call it: over HTTP with `--url` (or DASHWRIGHT_URL), else in this process on the local database.

Both ways run the same routes with the same checks, so a command cannot do what the API would refuse.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import urlsplit, urlunsplit

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
    from backend_server.wiring.services import Services

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


class Api(Protocol):
    """Calls one route; raises the error the answer names."""

    def __call__(self, method: str, path: str, body: object = None) -> Any:
        """Return the answer's JSON."""


def api_options(command: Command) -> Command:
    """Return a command the options `--url` and `--token`."""
    for option in (
        click.option("--token", metavar="TOKEN", help="API token for --url; better given as API_TOKEN."),
        click.option("--url", metavar="URL", help="Address of a running service; or DASHWRIGHT_URL."),
    ):
        command = option(command)
    return command


@contextmanager
def open_api(url: str | None, token: str | None) -> Iterator[Api]:
    """Open the API at `url`, at DASHWRIGHT_URL, or in this process."""
    url = url or os.environ.get("DASHWRIGHT_URL")
    if url:
        yield _over_http(url.rstrip("/"), token)
        return
    with open_services() as services:
        yield _in_process(services)


def _over_http(url: str, token: str | None) -> Api:
    from backend_server.outbound import BoundedHttp

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
    http = BoundedHttp(f"Dashwright at {shown_address(url)}")

    def call(method: str, path: str, body: object = None) -> Any:
        payload = None if body is None else orjson.dumps(body)
        reply = http.call(
            method,
            url + path,
            deadline_seconds=_DEADLINE_SECONDS,
            max_bytes=_MOST_BYTES,
            headers=headers,
            body=payload,
        )
        return _answer(reply.status, reply.body)

    return call


def shown_address(url: str) -> str:
    """Return an address that the operator named, for an error's words: without user, password, query and fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _in_process(services: Services) -> Api:
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
        return answer
    error = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(error, dict):
        raise UpstreamError(f"The address answered {status}, and not as Dashwright does; check --url.")
    kind = _BY_STATUS.get(status, InputError if 400 <= status < 500 else UpstreamError)
    details = error.get("details")
    raise kind(str(error.get("message", "")), details=details if isinstance(details, dict) else None)
