"""Asks the poller beside us, which listens on loopback alone; fits `monitoring.ports.Poller`."""

from __future__ import annotations

from backend_server.errors import UpstreamError
from backend_server.outbound import Bounds, HttpClient, HttpReply, HttpRequest

_HEALTH = Bounds(deadline_seconds=2.0, max_bytes=4096)
_READINGS = Bounds(deadline_seconds=10.0, max_bytes=256 * 1024 * 1024)  # 100,000 devices with twenty readings each


class PollerClient:
    """Each call opens a connection of its own: they are few, and none is to hold the poller's."""

    def __init__(self, port: int) -> None:
        self.place = f"127.0.0.1:{port}"

    def healthy(self) -> bool:
        """Whether it answers well; raises UpstreamError when it does not answer."""
        return self._get("/-/healthy", _HEALTH).status == 200

    def readings(self) -> bytes:
        """Return its metrics page; raises UpstreamError."""
        reply = self._get("/metrics", _READINGS)
        if reply.status != 200:
            raise UpstreamError("The poller answers with an error.")
        return reply.body

    def _get(self, path: str, bounds: Bounds) -> HttpReply:
        http = HttpClient("The poller", connections=1)
        try:
            return http.send(HttpRequest("GET", f"http://{self.place}{path}"), bounds)
        finally:
            http.close()
