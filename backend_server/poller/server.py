"""Serves the metrics page on loopback; Prometheus and a person with curl are its only visitors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from .exposition import CONTENT_TYPE

_HEAD_SECONDS = 10.0


async def serve_metrics(render: Callable[[], bytes], port: int, host: str = "127.0.0.1") -> asyncio.Server:
    """Listen and answer `GET /metrics` and `GET /-/healthy`; port 0 takes a free one."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _HEAD_SECONDS * 30)
                method, _, rest = head.partition(b" ")
                path = rest.partition(b" ")[0].partition(b"?")[0]
                status, kind, body = _page(method, path, render)
                writer.write(
                    f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                )
                if method != b"HEAD":
                    writer.write(body)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, ConnectionError):
            pass  # the visitor went away, or said nothing we understand
        finally:
            writer.close()

    return await asyncio.start_server(answer, host, port, limit=16_384)


def _page(method: bytes, path: bytes, render: Callable[[], bytes]) -> tuple[str, str, bytes]:
    if method not in (b"GET", b"HEAD"):
        return "405 Method Not Allowed", "text/plain", b"Only GET is answered here.\n"
    if path == b"/metrics":
        return "200 OK", CONTENT_TYPE, render()
    if path == b"/-/healthy":
        return "200 OK", "text/plain", b"ok\n"
    return "404 Not Found", "text/plain", b"The readings are at /metrics.\n"
