"""What runs where: whether nginx is in front, where `web` is reached behind it, which proxies stand before both."""

from __future__ import annotations

import ipaddress
import shutil
from pathlib import Path

from backend_server.errors import ConfigError
from backend_server.primitives.socket_paths import socket_path

from .table import Settings

WEB_SOCKET = "web.sock"
STOPPING_FILE = "stopping"  # in the run folder once everything is to stop


def find_nginx() -> str | None:
    """Return the path of nginx; Debian installs it outside the search path of a user who is not root."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/sbin")


def behind_edge(settings: Settings) -> bool:
    """Whether nginx stands in front of `web`: asked for, and present on this machine."""
    return settings.edge and find_nginx() is not None


def run_folder(settings: Settings) -> Path:
    """Return the folder for files that only running programs need: sockets, locks, rendered configuration."""
    return (settings.data_dir / "run").resolve()


def web_socket(settings: Settings) -> Path:
    """Return the unix socket on which `web` listens behind the edge."""
    return socket_path(run_folder(settings), WEB_SOCKET)


def web_address(settings: Settings) -> str:
    """Return where `web` itself is reached: `unix:PATH` behind the edge, else `HOST:PORT`, the public port's."""
    return f"unix:{web_socket(settings)}" if behind_edge(settings) else public_place(settings)


def public_place(settings: Settings) -> str:
    """Return `HOST:PORT` at which programs of this machine reach the public port."""
    return f"{settings.own_host}:{settings.port}"


def trusted_networks(settings: Settings) -> list[str]:
    """Return the networks whose proxies are trusted to name the client; raises ConfigError for one that is invalid."""
    found = []
    for text in filter(None, (part.strip() for part in settings.trusted_proxies.split(","))):
        try:
            found.append(str(ipaddress.ip_network(text, strict=False)))
        except ValueError:
            raise ConfigError(f"TRUSTED_PROXIES holds {text!r}; it must be a network such as 10.0.0.0/8.") from None
    return found
