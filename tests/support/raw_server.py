"""A server of raw sockets, for what no well-behaved server does: drip, swell, hang up, answer out of turn."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Script = Callable[[socket.socket, bytes], None]


@contextmanager
def raw_server(script: Script, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve on loopback and give the port; the script gets the connection and each request head."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)
    stop = threading.Event()
    handlers: list[threading.Thread] = []

    def handle(plain: socket.socket) -> None:
        plain.settimeout(5)
        with plain:
            try:
                connection = plain if tls is None else tls.wrap_socket(plain, server_side=True)
            except OSError:
                return
            with connection:
                serve(connection)

    def serve(connection: socket.socket) -> None:
        try:
            while not stop.is_set():
                head = b""
                while b"\r\n\r\n" not in head:
                    got = connection.recv(65536)
                    if not got:
                        return
                    head += got
                script(connection, head)
        except OSError:
            return

    def accept() -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=handle, args=(connection,))
            thread.start()
            handlers.append(thread)

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join()
        for thread in handlers:
            thread.join()


def reply(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
