"""One Grafana's base address, our identity towards it, and its own words for calls that end without an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson

from backend_server.errors import ConfigError
from backend_server.outbound import (
    AnswerCompressed,
    AnswerTooLarge,
    Bounds,
    CallFailed,
    CallTimedOut,
    HttpClient,
    HttpReply,
    HttpRequest,
)

from .errors import GrafanaError, GrafanaOddAnswer, GrafanaTimeout, GrafanaUnreachable, error_of

_KEPT_CONNECTIONS = 32


class Transport:
    """Sends requests to one base URL; safe to use from many threads.

    `identity` goes with `call` only. `cap_bytes` bounds the body of an answer, `timeout_seconds` the whole call.
    """

    def __init__(self, base_url: str, *, identity: Mapping[str, str], timeout_seconds: float, cap_bytes: int) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError(f"GRAFANA_URL is {base_url!r}; it must look like http://host:port/path")
        self._base = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
        self._headers = {**identity, "Content-Type": "application/json", "Accept": "application/json"}
        self._timeout_seconds, self._cap_bytes = timeout_seconds, cap_bytes
        self._http = HttpClient("Grafana", connections=_KEPT_CONNECTIONS)

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        timeout_seconds: float | None = None,
    ) -> HttpReply:
        """Send one request as ourselves; raises what `send` does, and the error that an answer other than 2xx means."""
        content = None if body is None else orjson.dumps(body)
        reply = self.send(method, path, headers=self._headers, body=content, timeout_seconds=timeout_seconds)
        if not 200 <= reply.status < 300:
            raise error_of(method, path.partition("?")[0], reply.status, reply.body)
        return reply

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        timeout_seconds: float | None = None,
    ) -> HttpReply:
        """Send one request below the base URL without an identity; Grafana's answer is returned as it is.

        Only a read (GET) is ever sent twice. Raises GrafanaUnreachable, GrafanaTimeout or GrafanaOddAnswer.
        """
        bounds = Bounds(self._timeout_seconds if timeout_seconds is None else timeout_seconds, self._cap_bytes)
        try:
            return self._http.send(HttpRequest(method, self._base + path, headers, body), bounds)
        except (CallTimedOut, CallFailed, AnswerTooLarge) as fault:
            raise self._worded(method, path.partition("?")[0], fault) from fault

    def close(self) -> None:
        """Close the kept connections; later calls open new ones."""
        self._http.close()

    def _worded(self, method: str, path: str, fault: CallTimedOut | CallFailed | AnswerTooLarge) -> GrafanaError:
        if isinstance(fault, CallTimedOut):
            message = (
                f"Grafana did not finish its answer to {method} {path} in time; it may be overloaded or restarting"
            )
            return GrafanaTimeout(message, method=method, path=path)
        if isinstance(fault, AnswerTooLarge):
            message = f"Grafana's answer to {method} {path} is larger than {self._cap_bytes} bytes"
            return GrafanaOddAnswer(message, method=method, path=path, status=fault.status)
        if isinstance(fault, AnswerCompressed):
            message = f"Grafana's answer to {method} {path} is compressed although that was not asked for"
            return GrafanaOddAnswer(message, method=method, path=path, status=fault.status)
        if fault.refused:
            message = f"Grafana accepts no connections ({method} {path}); it is starting or not running"
            return GrafanaUnreachable(message, method=method, path=path, starting=True)
        message = f"The connection to Grafana broke during {method} {path} ({fault.reason})"
        return GrafanaUnreachable(message, method=method, path=path)


def json_of(method: str, path: str, answer: HttpReply) -> Any:
    """Read the JSON of a success; raises GrafanaOddAnswer (a proxy's HTML page, half a body)."""
    try:
        return orjson.loads(answer.body)
    except orjson.JSONDecodeError as fault:
        raise odd(method, path, answer, "not JSON") from fault


def odd(method: str, path: str, answer: HttpReply, what: str) -> GrafanaError:
    """Return the error for a success whose body is not what Grafana sends."""
    return GrafanaOddAnswer(
        f"Grafana answered {answer.status} to {method} {path}, but the body is {what}; "
        "check that GRAFANA_URL ends where Grafana is served",
        method=method,
        path=path,
        status=answer.status,
    )
