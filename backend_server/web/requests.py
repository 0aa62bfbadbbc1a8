"""Every request: its id, its log line, its count, its body as strict JSON, and the headers every answer carries."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

import orjson
import structlog
from flask import Flask, Request, Response, current_app, g, request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from backend_server.documents.positions import repeated_keys
from backend_server.errors import InputError, InvalidInput, Problem
from backend_server.links.urls import PUBLIC, SHORT_SLUGS, SLUGS
from backend_server.primitives.canonical_json import json_problem
from backend_server.primitives.clock import begin_deadline
from backend_server.primitives.limits import works_for
from backend_server.telemetry import Metrics, get_logger

from .auth import client_address
from .context import current_services, request_id
from .edge_headers import is_host

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_SLUG = re.compile(rf"^({SLUGS}/|{SHORT_SLUGS}/).+")
_QUIET = frozenset({"/server/health", "/metrics"})  # asked every few seconds by machines
# A stranger's own method makes no series of its own.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_log = get_logger("web.request")

# Our own pages load nothing from elsewhere, run no inline script and are never framed.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


View = TypeVar("View", bound=Callable[..., object])
_OPTIONAL = "__body_may_be_left_out__"
WRITE_PATIENCE_SECONDS = 5.0  # how long a request waits for the database's writers, all its waits together
MAX_BODY_BYTES = 16 * 1024 * 1024  # a batch of 10,000 devices with many labels


def register_requests(app: Flask, metrics: Metrics) -> None:
    """Install what happens before and after each request."""
    app.before_request(_begin)

    @app.after_request
    def _end(answer: Response) -> Response:
        answer.headers["X-Request-Id"] = request_id()
        answer.headers.setdefault("X-Content-Type-Options", "nosniff")
        answer.headers.setdefault("Referrer-Policy", "no-referrer")  # a link's token stands in its address
        if not request.path.startswith(PUBLIC):
            # The public pages decide by their link who may frame them; nothing else is ever framed.
            answer.headers.setdefault("X-Frame-Options", "DENY")
            answer.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
        if "Cache-Control" not in answer.headers:
            answer.headers["Cache-Control"] = "no-store"
        _log_request(answer, metrics)
        return answer


def shown_path(path: str) -> str:
    """Return a path as the log may hold it: whoever reads a link's slug there could open the link.

    Tokens are shortened in every line alike (`telemetry.logs`).
    """
    return _SLUG.sub(r"\1…", path[:300])


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _ID.fullmatch(given) else secrets.token_hex(8)
    g.began = time.perf_counter()
    begin_deadline(WRITE_PATIENCE_SECONDS)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    works_for(client_address())
    if "\0" in request.path or not is_host(request.host):
        raise BadRequest("The address or the Host header holds characters that cannot stand there.")


def count_request(metrics: Metrics, method: str, route: str | None, status: int, seconds: float) -> None:
    """Count one answered request; `route` is the matched pattern, None when nothing matched."""
    shown = route or "unmatched"
    metrics.requests.labels(method if method in _METHODS else "other", shown, str(status)).inc()
    metrics.request_seconds.labels(shown).observe(seconds)


def _log_request(answer: Response, metrics: Metrics) -> None:
    seconds = time.perf_counter() - g.get("began", time.perf_counter())
    rule = request.url_rule
    count_request(metrics, request.method, rule.rule if rule else None, answer.status_code, seconds)
    line = _log.debug if request.path in _QUIET and answer.status_code < 400 else _log.info
    actor = g.get("actor")
    line(
        "request",
        method=request.method,
        path=shown_path(request.path),
        status=answer.status_code,
        ms=round(seconds * 1000, 1),
        actor=actor.name if actor else "-",
        client=_shown_client(),
    )


def _shown_client() -> str:
    """Return the caller's address, but a visitor's only if the operator wants it in the log."""
    is_visit = request.path.startswith(PUBLIC)
    return "-" if is_visit and not current_services().settings.log_visitors else client_address()


def body_may_be_left_out(view: View) -> View:
    """Accept no body at all as an empty object on a route; to stand below the route decorator."""
    setattr(view, _OPTIONAL, True)
    return view


class StrictRequest(Request):
    """A request whose JSON is parsed once, strictly, and never silently."""

    max_form_memory_size = 64 * 1024
    max_form_parts = 20

    def json_bytes(self) -> bytes:
        """Return the body as sent; raises 415 unless it is declared as JSON, InvalidInput when there is none."""
        body = self.get_data(cache=True)
        if not body:
            raise InvalidInput([Problem("", "needs a JSON body")])
        if not self.is_json:
            raise UnsupportedMediaType
        return body

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:  # noqa: ARG002, RUF100, FBT001 - werkzeug's signature; the three are ignored on purpose
        """Parse the body; malformed JSON is 400 with line and column whatever `silent` says."""
        if hasattr(current_app.view_functions.get(self.endpoint or ""), _OPTIONAL) and not self.get_data(cache=True):
            return {}
        body = self.json_bytes()
        try:
            found = orjson.loads(body)
        except orjson.JSONDecodeError as fault:
            raise BadRequest(
                f"The body is not JSON: {fault.msg} (line {fault.lineno}, column {fault.colno})."
            ) from None
        if isinstance(found, str):
            # flask-openapi3 would parse a string's content as JSON once more.
            raise InvalidInput([Problem("", "must be an object, not a text")])
        _refuse_repeated_keys(body)
        return found


def _refuse_repeated_keys(body: bytes) -> None:
    """Raise InvalidInput for a key that an object has twice: whoever sends it means one of the two, and we cannot tell.

    The hook's bodies do not come here, since it reads bytes for speed; there the last one counts.
    """
    repeated = False

    def pairs(found: list[tuple[str, object]]) -> None:
        nonlocal repeated
        repeated = repeated or len({key for key, _ in found}) < len(found)

    try:
        # Numbers are not read: those of very many digits are refused by Python, or take long.
        json.loads(body, object_pairs_hook=pairs, parse_int=len, parse_float=len)
    except RecursionError:
        raise InvalidInput([Problem("", "is nested too deep")]) from None
    if repeated:
        raise InvalidInput(
            [
                Problem(place.path, "stands twice in one object; remove one of the two", place.line, place.column)
                for place in repeated_keys(body.decode())
            ]
        )


def parse_body(body: bytes) -> object:
    """Parse a body's bytes; raises InputError with line and column: what is no JSON at all cannot be read."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as fault:
        wrong = InvalidInput([json_problem(fault)], what="The body")
        raise InputError(wrong.message, details=wrong.details) from fault


def strict_request() -> StrictRequest:
    """Return the present request by its own type."""
    return cast("StrictRequest", request)
