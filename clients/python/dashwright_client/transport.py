"""One kept connection to the service: JSON out, JSON back, no redirects, no proxy, a time-out and a byte cap."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

_MOST_BYTES = 64 * 1024 * 1024


class Unreachable(Exception):
    """The service did not answer, or not as itself; trying again later may help."""


class Refused(Exception):
    """The service answered with an error; `status` says which, `retry_after` when it asked to wait."""

    def __init__(self, status: int, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class Transport:
    """Speaks to `{url}/api/…`; used by one thread only."""

    def __init__(self, url: str, token: str | None, timeout_seconds: float, headers: dict[str, str]) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"url is {url!r}; it must look like http://host:port")
        self._secure = parts.scheme == "https"
        self._host, self._port, self._prefix = parts.hostname, parts.port, parts.path.rstrip("/")
        self._timeout_seconds = timeout_seconds
        self._headers = {"Content-Type": "application/json", "Accept": "application/json", **headers}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._connection: http.client.HTTPConnection | None = None

    def post(self, path: str, body: object) -> Any:
        """Send JSON and give the answer's JSON; raises Unreachable or Refused."""
        payload = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
        for attempt in (1, 2):
            kept = self._connection is not None
            try:
                return self._once(path, payload)
            except (OSError, http.client.HTTPException) as fault:
                self.close()
                # A kept connection may have been closed by the other side meanwhile; the calls are idempotent.
                if not kept or attempt == 2 or isinstance(fault, TimeoutError):
                    raise Unreachable(f"POST {path}: {type(fault).__name__}: {fault}") from fault
        raise AssertionError("unreachable")

    def _once(self, path: str, payload: bytes) -> Any:
        if self._connection is None:
            maker = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
            self._connection = maker(self._host, self._port, timeout=self._timeout_seconds)
        self._connection.request("POST", self._prefix + path, payload, self._headers)
        answer = self._connection.getresponse()
        content = answer.read(_MOST_BYTES + 1)
        if answer.will_close or len(content) > _MOST_BYTES:
            self.close()
        try:
            parsed = json.loads(content) if content else None
        except ValueError:
            parsed = None
        if 200 <= answer.status < 300 and parsed is not None:
            return parsed
        raise Refused(answer.status, _message_of(answer.status, parsed), _seconds(answer.getheader("Retry-After")))

    def close(self) -> None:
        """Drop the connection; the next call makes another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _message_of(status: int, parsed: object) -> str:
    if isinstance(parsed, dict) and isinstance(parsed.get("error"), dict):
        return str(parsed["error"].get("message", ""))[:500]
    return f"The service answered {status} without a message; is this the address of Dashwright?"


def _seconds(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
