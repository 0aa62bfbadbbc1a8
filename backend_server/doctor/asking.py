"""One HTTP question of the doctor: short, bounded, never following a redirect; what went wrong is an answer too."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from backend_server.errors import UpstreamError
from backend_server.outbound import Bounds, HttpClient, HttpRequest

_BOUNDS = Bounds(deadline_seconds=5.0, max_bytes=8 * 1024 * 1024)
_BASE = re.compile(r'<base\s+href="([^"]*)"')


@dataclass(frozen=True, slots=True)
class ProbeAnswer:
    """What was answered; without a `status` nothing was, as `problem` says. `ahead_seconds` is its clock less ours."""

    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    problem: str = ""
    ahead_seconds: float | None = None

    @property
    def ok(self) -> bool:
        """Whether the answer is a success."""
        return self.status is not None and 200 <= self.status < 300

    def json(self) -> Any:
        """Return the parsed body; None when it is not JSON."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None

    @property
    def base_href(self) -> str | None:
        """The address its page takes for its base."""
        match = _BASE.search(self.body.decode(errors="replace"))
        return match[1] if match else None

    @property
    def login(self) -> str | None:
        """The user as whom Grafana answered us."""
        found = self.json() if self.ok else None
        login = found.get("login") if isinstance(found, dict) else None
        return login if isinstance(login, str) else None

    @property
    def is_grafana(self) -> bool:
        """Whether Grafana itself wrote this: its page, its metrics, its health, or its way of refusing."""
        if b"grafanaBootData" in self.body or b"grafana_build_info" in self.body:
            return True
        found = self.json()
        if not isinstance(found, dict):
            return False
        return "traceID" in found or "accessErrorId" in found or ("database" in found and "components" not in found)


class Asker:
    """Asks one other side, which problems name as `what`."""

    def __init__(self, what: str) -> None:
        self._http = HttpClient(what, connections=2, endpoints=16)

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> ProbeAnswer:
        """Ask with GET; never raises for what the other side does."""
        begin = time.time()
        try:
            reply = self._http.send(HttpRequest("GET", url, headers or {}), _BOUNDS)
        except UpstreamError as fault:
            return ProbeAnswer(None, problem=fault.message)
        middle = (begin + time.time()) / 2
        return ProbeAnswer(
            reply.status, reply.headers, reply.body, ahead_seconds=_ahead(reply.headers.get("date"), middle)
        )

    def close(self) -> None:
        """Close the kept connections."""
        self._http.close()


def _ahead(date: str | None, now: float) -> float | None:
    """Return how far the `Date` header's clock is ahead; the header has whole seconds, so half a second is added."""
    try:
        return None if date is None else parsedate_to_datetime(date).timestamp() + 0.5 - now
    except ValueError:
        return None
