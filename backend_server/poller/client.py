"""Asks the poller beside us, which listens on loopback alone; fits `monitoring.ports.Poller`."""

from __future__ import annotations

from backend_server.errors import UpstreamError
from backend_server.outbound import BoundedHttp
from backend_server.outbound.bounded import Reply

_HEALTH_SECONDS = 2.0
_READINGS_SECONDS = 10.0
_MOST_READINGS = 256 * 1024 * 1024  # 100,000 devices with twenty readings each


class PollerClient:
    """Each call opens a connection of its own: they are few, and none is to hold the poller's."""

    def __init__(self, port: int) -> None:
        self.place = f"127.0.0.1:{port}"

    def healthy(self) -> bool:
        """Whether it answers well; raises UpstreamError when it does not answer."""
        return self._get("/-/healthy", _HEALTH_SECONDS, 4096).status == 200

    def readings(self) -> bytes:
        """Return its metrics page; raises UpstreamError."""
        reply = self._get("/metrics", _READINGS_SECONDS, _MOST_READINGS)
        if reply.status != 200:
            raise UpstreamError("The poller answers with an error.")
        return reply.body

    def _get(self, path: str, deadline_seconds: float, max_bytes: int) -> Reply:
        http = BoundedHttp("The poller", connections=1)
        try:
            return http.call(
                "GET", f"http://{self.place}{path}", deadline_seconds=deadline_seconds, max_bytes=max_bytes
            )
        finally:
            http.close()
