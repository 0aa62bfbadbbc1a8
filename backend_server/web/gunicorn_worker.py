"""gunicorn's worker, with what it refuses before the application sees a request worded as every other error is."""

from __future__ import annotations

import secrets
import socket
from http import HTTPStatus
from typing import Any

import orjson
from gunicorn.http import errors
from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import ThreadWorker

from .errors import error_shape, http_words

# The first that fits holds: what an application wanted to send is its own fault, although it is a wrong header too.
_STATUS: tuple[tuple[type[Exception], HTTPStatus], ...] = (
    (errors.InvalidResponseHeader, HTTPStatus.INTERNAL_SERVER_ERROR),
    (errors.InvalidResponseHeaderName, HTTPStatus.INTERNAL_SERVER_ERROR),
    (errors.ConfigurationProblem, HTTPStatus.INTERNAL_SERVER_ERROR),
    (errors.LimitRequestLine, HTTPStatus.REQUEST_URI_TOO_LONG),
    (errors.LimitRequestHeaders, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE),
    (errors.UnsupportedTransferCoding, HTTPStatus.NOT_IMPLEMENTED),
    (errors.ExpectationFailed, HTTPStatus.EXPECTATION_FAILED),
    (errors.ParseException, HTTPStatus.BAD_REQUEST),
)


class WorkerInOurWords(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """The threaded worker; what cannot be read as a request is answered in our one shape, not by a page of gunicorn."""

    def handle_error(self, req: object, client: socket.socket, addr: object, exc: Exception) -> None:
        """Answer a request that never became one; called by gunicorn."""
        del req, addr
        status = next((status for kind, status in _STATUS if isinstance(exc, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)
        told: Any = self.log
        if status is HTTPStatus.INTERNAL_SERVER_ERROR:
            told.error("a request failed before it reached the application", exc_info=exc)
        else:
            told.info("a request that cannot be read was refused: %s", type(exc).__name__)
        try:
            write_nonblock(client, _answer(status))
        except OSError:
            told.debug("who sent the request is gone")


def _answer(status: HTTPStatus) -> bytes:
    request_id = secrets.token_hex(8)
    code, message = http_words(status.value)
    body = orjson.dumps({"error": error_shape(code, message, {}, request_id)})
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Connection: close",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        f"X-Request-Id: {request_id}",
        "",
        "",
    )
    return "\r\n".join(head).encode("latin-1") + body
