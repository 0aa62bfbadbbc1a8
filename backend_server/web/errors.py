"""The error tree in HTTP's words, once for all routes: one JSON shape, or a page for those who read pages."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from flask import Flask, Response, render_template, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from backend_server.errors import (
    ConfigError,
    DashwrightError,
    InvalidInput,
    Problem,
    ProvisioningError,
    http_status,
)
from backend_server.links.urls import PREFIX, PUBLIC
from backend_server.telemetry import get_logger
from backend_server.viewing.answers import grafana_error

from .context import request_id
from .public_headers import PUBLIC_HEADERS

_HTTP_CODES: Mapping[int, tuple[str, str]] = {
    400: ("bad_request", "The request cannot be read."),
    401: ("unauthenticated", "Sign in, or send an API token as 'Authorization: Bearer …'."),
    403: ("forbidden", "This is not allowed."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take this method."),
    410: ("gone", "This is gone for good."),
    413: ("too_large", "The request's body is larger than this address takes."),
    414: ("too_long", "The address is too long."),
    415: ("unsupported_media_type", "Send the body as application/json."),
    417: ("expectation_failed", "The service does not do what the header Expect asks."),
    429: ("rate_limited", "Too many requests; wait a little."),
    431: ("too_large", "The headers of the request are larger than is allowed."),
    500: ("internal", "Something went wrong in the service itself; its log says more under this request id."),
    501: ("not_implemented", "The request asks for a way of transfer that the service does not know."),
}

RULE = "rule"  # pydantic's type of an error that a room's own rule raised
_log = get_logger("web.errors")


def http_words(status: int) -> tuple[str, str]:
    """Return code and message of a status that HTTP itself has."""
    return _HTTP_CODES.get(status, _HTTP_CODES[400])


def error_shape(code: str, message: str, details: Mapping[str, object], request: str) -> dict[str, object]:
    """Return the one shape of an error; `request` is the id of the request that met it."""
    return {"code": code, "message": message, "details": dict(details), "request_id": request}


def error_body(code: str, message: str, details: Mapping[str, object] | None = None) -> bytes:
    """Write the body of an error's answer."""
    return orjson.dumps({"error": error_shape(code, message, details or {}, request_id())}, default=str)


def invalid_request(fault: ValidationError) -> Response:
    """Turn pydantic's findings into our one shape; never answers, always raises InvalidInput."""
    raise InvalidInput(problems_of(fault))


def problems_of(fault: ValidationError) -> list[Problem]:
    """Return pydantic's findings as problems; those of a room's own rule (`RULE`) are placed below their field."""
    found: list[Problem] = []
    for error in fault.errors(include_input=False, include_url=False):
        place = _place(error["loc"])
        if error["type"] == RULE:
            found += [Problem(place + _below(problem.path), problem.message) for problem in error["ctx"]["problems"]]
        else:
            found.append(Problem(place, _plain(error["msg"])))
    return found


def register_errors(app: Flask) -> None:
    """Register the handlers by which every failing request answers in the one shape, unknown faults included."""
    app.register_error_handler(DashwrightError, _known)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unknown)


def _known(fault: DashwrightError) -> Response:
    status = http_status(fault)
    if status >= 500:
        _log.warning("request failed", code=fault.code, error=fault.message, details=fault.details)
    if isinstance(fault, ConfigError | ProvisioningError) or type(fault) is DashwrightError:
        # These name paths and settings, which are the operator's business and in the log.
        return _answer(status, fault.code, _HTTP_CODES[500][1], {})
    answer = _answer(status, fault.code, fault.message, fault.details)
    retry_after = fault.details.get("retry_after_seconds")
    if isinstance(retry_after, int):
        answer.headers["Retry-After"] = str(retry_after)
    return answer


def _http(fault: HTTPException) -> Response:
    status = fault.code or 500
    if status < 400:  # a redirect raised as an exception
        return Response(status=status, headers=dict(fault.get_response().headers))
    code, message = _HTTP_CODES.get(status, ("error", fault.name))
    if status == 400 and fault.description and fault.description != type(fault).description:
        message = fault.description
    is_visit = request.path.startswith(PUBLIC)
    answer = _wrong_method() if status == 405 and is_visit else _answer(status, code, message, {})
    if status == 405 and (allowed := getattr(fault, "valid_methods", None)):
        answer.headers["Allow"] = ", ".join(sorted(allowed))
    return answer


def _wrong_method() -> Response:
    """Refuse a method that a public address does not take, in Grafana's error shape."""
    refusal = grafana_error(405, "methodNotAllowed", "This address does not take this method")
    return Response(refusal.body, refusal.status, PUBLIC_HEADERS, content_type=refusal.content_type)


def _unknown(fault: Exception) -> Response:
    _log.error("unexpected fault", error=type(fault).__name__, exc_info=fault)
    return _answer(500, *_HTTP_CODES[500], {})


def _answer(status: int, code: str, message: str, details: Mapping[str, object]) -> Response:
    reads_pages = (
        not request.path.startswith(("/api/", f"{PREFIX}/", "/server/", "/metrics"))
        and request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"
    )
    if reads_pages:
        page = render_template("error.html", status=status, message=message, request_id=request_id())
        return Response(page, status, mimetype="text/html")
    answer = Response(error_body(code, message, details), status, mimetype="application/json")
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="dashwright"'
    return answer


def _place(loc: tuple[int | str, ...]) -> str:
    text = ""
    for part in loc:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


def _below(path: str) -> str:
    """Return the part of a rule's path after the name of its own field."""
    return path[min((at for at in (path.find("."), path.find("[")) if at >= 0), default=len(path)) :]


def _plain(message: str) -> str:
    """Return a message as our own problems begin: `<path>: <message>`."""
    return message[:1].lower() + message[1:]
