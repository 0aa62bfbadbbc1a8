"""What a request's headers may claim. Runs before Flask sees anything.

Identity comes from our own tokens and sessions alone, so every header by which a proxy names a user is dropped, and so
is every other way than `X-Forwarded-Proto` to say by which scheme a visitor came.
`X-Forwarded-*` counts only from a loopback peer (our edge overwrites them), `-For` and `-Proto` also from
`TRUSTED_PROXIES` where no edge stands before us; from anyone else it is ignored.
gunicorn honours a `SCRIPT_NAME` header from loopback, which would move the path (reliability note N13): undone here.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from typing import Any

from backend_server.primitives.identity_headers import IDENTITY_FAMILIES, IDENTITY_HEADERS

Environ = dict[str, Any]
WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

CLIENT = "dashwright.client"  # the visitor's address
DIRECT = "dashwright.direct"  # True when nobody stands between the visitor and us

_MOVING = ("Script-Name", "Path-Info")  # by which gunicorn would move the path
_IDENTITY = tuple(
    f"HTTP_{name.upper().replace('-', '_')}" for name in (*IDENTITY_HEADERS, *IDENTITY_FAMILIES, *_MOVING)
)
_FORWARDING = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST")
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


def is_host(text: str) -> bool:
    """Whether the text can stand as `host[:port]` in a URL we hand out."""
    return _HOST.fullmatch(text) is not None


def is_loopback(address: str) -> bool:
    """Whether an address is this machine's own; text that is not an address is not."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


class EdgeHeaders:
    """WSGI middleware; see the module."""

    def __init__(self, app: WsgiApp, trusted: Iterable[str] = ()) -> None:
        self._app = app
        self._trusted = tuple(ipaddress.ip_network(network) for network in trusted)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Clean the environment, then go on."""
        forwarded = {name: environ.pop(name, "") for name in _FORWARDING}
        for name in [key for key in environ if key.startswith(_IDENTITY)]:
            del environ[name]
        environ.pop("REMOTE_USER", None)
        if environ.get("SCRIPT_NAME"):
            environ["PATH_INFO"] = environ["SCRIPT_NAME"] + environ.get("PATH_INFO", "")
        environ["SCRIPT_NAME"] = ""
        peer = environ.get("REMOTE_ADDR") or "127.0.0.1"  # empty on a unix socket, which only our edge can open
        environ[CLIENT] = peer
        environ[DIRECT] = not any(forwarded.values())
        if is_loopback(peer) or self._is_trusted(peer):
            environ[CLIENT] = self._client(peer, forwarded["HTTP_X_FORWARDED_FOR"])
            if forwarded["HTTP_X_FORWARDED_PROTO"] in ("http", "https"):
                environ["wsgi.url_scheme"] = forwarded["HTTP_X_FORWARDED_PROTO"]
        if is_loopback(peer) and is_host(forwarded["HTTP_X_FORWARDED_HOST"]):
            environ["HTTP_HOST"] = forwarded["HTTP_X_FORWARDED_HOST"]
        return self._app(environ, start_response)

    def _client(self, peer: str, forwarded_for: str) -> str:
        """Return the last address of the list that is not a trusted proxy's own, as nginx finds it."""
        client = peer
        for address in reversed([part.strip() for part in forwarded_for.split(",") if part.strip()]):
            try:
                client = str(ipaddress.ip_address(address))
            except ValueError:
                return "unknown"
            if not self._is_trusted(client):
                break
        return client

    def _is_trusted(self, address: str) -> bool:
        if not self._trusted:
            return False
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._trusted)
