"""Serves the metrics page on loopback; Prometheus and a person with curl are its only visitors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from .exposition import CONTENT_TYPE

_IDLE_SECONDS = 300.0


class MetricsServer:
    """Answers `GET /metrics` and `GET /-/healthy` over kept connections."""

    def __init__(self, render: Callable[[], bytes]) -> None:
        self._render = render
        self._server: asyncio.Server | None = None
        self._visitors: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def listen(self, port: int, host: str = "127.0.0.1") -> int:
        """Start listening; returns the port, which port 0 leaves to the system."""
        self._server = await asyncio.start_server(self._serve, host, port, limit=16_384)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Close every connection, then stop listening."""
        if self._server is not None:
            self._server.close()
        for writer in self._visitors.values():
            writer.close()
        await asyncio.gather(*self._visitors, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._visitors[task] = writer
        try:
            while True:
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _IDLE_SECONDS)
                method, _, rest = head.partition(b" ")
                status, kind, body = _page(method, rest.partition(b" ")[0].partition(b"?")[0], self._render)
                writer.write(
                    f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                )
                if method != b"HEAD":
                    writer.write(body)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, ConnectionError):
            pass  # the visitor went away, or said nothing we understand
        finally:
            del self._visitors[task]
            writer.close()


def _page(method: bytes, path: bytes, render: Callable[[], bytes]) -> tuple[str, str, bytes]:
    if method not in (b"GET", b"HEAD"):
        return "405 Method Not Allowed", "text/plain", b"Only GET is answered here.\n"
    if path == b"/metrics":
        return "200 OK", CONTENT_TYPE, render()
    if path == b"/-/healthy":
        return "200 OK", "text/plain", b"ok\n"
    return "404 Not Found", "text/plain", b"The readings are at /metrics.\n"
