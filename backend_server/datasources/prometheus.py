"""The client of one Prometheus: instant and range queries by form POST, answers handed over as the bytes that came.

Errors are in honest words and never name an address; a refused query's own words stay in `detail`, for those who may
see the query. The HTTP API: https://prometheus.io/docs/prometheus/latest/querying/api/.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import unquote, urlencode, urlsplit, urlunsplit

import orjson

from backend_server.errors import UpstreamError, UpstreamTimeout
from backend_server.outbound import (
    AnswerTooLarge,
    Bounds,
    CallFailed,
    CallTimedOut,
    HttpClient,
    HttpRequest,
    PermittedAddress,
)

_SUCCESS = b'{"status":"success"'
_FORM = "application/x-www-form-urlencoded"
MAX_ANSWER_BYTES = 32 * 1024 * 1024


class PrometheusUnavailable(UpstreamError):
    """Prometheus cannot be reached, is starting, or answers what no Prometheus answers (502)."""

    code = "prometheus_unavailable"


class PrometheusTimeout(UpstreamTimeout):
    """The query took longer than it may (504)."""

    code = "prometheus_timeout"


class QueryRefused(UpstreamError):
    """Prometheus understood the call and refused the query; `detail` is its own message, which quotes the query."""

    code: ClassVar[str] = "query_refused"

    def __init__(self, message: str, *, detail: str) -> None:
        super().__init__(message)
        self.detail = detail


def base_and_sign_in(url: str) -> tuple[str, dict[str, str]]:
    """Return an address without its user and password, and the header that signs in with them."""
    parts = urlsplit(url)
    base = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))
    if parts.username is None:
        return base, {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return base, {"Authorization": "Basic " + b64encode(pair.encode()).decode()}


class PrometheusClient:
    """Asks one Prometheus. The URL may hold user and password (basic authentication); `permitted` pins the address."""

    def __init__(
        self,
        url: str,
        *,
        timeout_seconds: float = 15.0,
        max_bytes: int = MAX_ANSWER_BYTES,
        headers: Mapping[str, str] | None = None,
        permitted: PermittedAddress | None = None,
    ) -> None:
        self._base, signed = base_and_sign_in(url)
        self._timeout_seconds = timeout_seconds
        self._max_bytes = max_bytes
        self._permitted = permitted
        self._http = HttpClient("Prometheus", connections=32)
        self._headers = {**(headers or {}), **signed}

    def instant(self, query: str, time_ms: int) -> bytes:
        """Evaluate at one moment; returns Prometheus' JSON body as it came."""
        return self._query("/api/v1/query", {"query": query, "time": _seconds(time_ms)})

    def range(self, query: str, from_ms: int, to_ms: int, step_ms: int) -> bytes:
        """Evaluate every `step_ms` from start to end, both included; returns Prometheus' JSON body as it came."""
        return self._query(
            "/api/v1/query_range",
            {"query": query, "start": _seconds(from_ms), "end": _seconds(to_ms), "step": _seconds(step_ms)},
        )

    def ready(self) -> bool:
        """Whether Prometheus answers and has read its data; never raises for one that is down."""
        try:
            reply = self._http.send(
                HttpRequest("GET", self._base + "/-/ready", self._headers, permitted=self._permitted),
                Bounds(min(2.0, self._timeout_seconds), 4096),
            )
        except UpstreamError:
            return False
        return reply.status == 200

    def close(self) -> None:
        """Close the kept connections."""
        self._http.close()

    def _query(self, path: str, form: Mapping[str, str]) -> bytes:
        # Prometheus ends the work itself a little before we stop waiting, so nothing runs on for nobody.
        # A fraction of a second is no duration to Prometheus, so it is written in milliseconds.
        sent = {**form, "timeout": f"{max(100, round(self._timeout_seconds * 1000) - 500)}ms"}
        try:
            reply = self._http.send(
                HttpRequest(
                    "POST",
                    self._base + path,
                    {**self._headers, "Content-Type": _FORM},
                    urlencode(sent).encode(),
                    permitted=self._permitted,
                    repeatable=True,  # a query changes nothing
                ),
                Bounds(self._timeout_seconds, self._max_bytes),
            )
        except CallTimedOut as fault:
            raise PrometheusTimeout(
                f"Prometheus did not answer within {self._timeout_seconds:g} s; "
                "choose a shorter range or a simpler query."
            ) from fault
        except AnswerTooLarge as fault:
            raise PrometheusUnavailable(
                "The query gives more data than can be shown; choose a shorter range or fewer series."
            ) from fault
        except CallFailed as fault:
            raise PrometheusUnavailable("Prometheus cannot be reached.") from fault
        if reply.status == 200 and reply.body.startswith(_SUCCESS):
            return reply.body
        raise _refusal(reply.status, reply.body)


def _refusal(status: int, body: bytes) -> UpstreamError:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        answer = None
    if not isinstance(answer, dict) or answer.get("status") != "error":
        if status == 503:
            return PrometheusUnavailable("Prometheus is starting and cannot answer yet.")
        if status in (401, 403):
            return PrometheusUnavailable("Prometheus wants other credentials than those configured.")
        return PrometheusUnavailable(f"What answers in Prometheus' place is none (status {status}).")
    kind, detail = str(answer.get("errorType", "")), str(answer.get("error", ""))[:2000]
    if kind in {"timeout", "canceled"}:
        return PrometheusTimeout("Prometheus gave the query up as too slow; choose a shorter range or a simpler query.")
    if kind == "unavailable":
        return PrometheusUnavailable("Prometheus is starting and cannot answer yet.")
    if kind == "bad_data":
        return QueryRefused("Prometheus does not accept the query of this panel.", detail=detail)
    return QueryRefused("Prometheus could not evaluate the query of this panel.", detail=detail)


def _seconds(milliseconds: int) -> str:
    """Write milliseconds as the seconds Prometheus reads, without rounding."""
    whole, rest = divmod(milliseconds, 1000)
    return f"{whole}.{rest:03d}" if rest else str(whole)
