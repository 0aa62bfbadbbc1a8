"""Renders nginx's configuration. Every path it writes to lies below `DATA_DIR/run/nginx`, so nginx needs no root."""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
import socket
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from backend_server.accounts.model import GRAFANA_USERS
from backend_server.errors import ConfigError
from backend_server.links.urls import GRAFANA_API, PAGES, SHORT_SLUGS, SLUGS
from backend_server.primitives.identity_headers import IDENTITY_HEADERS, USER_HEADER
from backend_server.primitives.shipped import built, shipped
from backend_server.primitives.words import link_state_words
from backend_server.settings import Settings, is_beside_us
from backend_server.settings.topology import find_nginx, run_folder, trusted_networks, web_socket

from ..sockets import listen_addresses

# What nginx itself answers, in the product's one error shape.
ERRORS = (
    (400, "bad_request", "The request cannot be read, or its path can be read in two ways."),
    (403, "forbidden", "This is not allowed."),
    (404, "not_found", "There is nothing here."),
    (405, "method_not_allowed", "This method is not allowed here."),
    (408, "timeout", "The request took too long to arrive."),
    (411, "length_required", "The request needs a Content-Length."),
    (413, "too_large", "The request is larger than is allowed."),
    (414, "too_large", "The address is longer than is allowed."),
    (429, "rate_limited", "Too many requests or connections from this address; try again in a moment."),
    (431, "too_large", "The headers of the request are larger than is allowed."),
    (501, "not_implemented", "The request asks for a way of transfer that the service does not know."),
    (502, "unavailable", "The service is starting or has failed; try again in a moment."),
    (503, "unavailable", "The service is not available; try again in a moment."),
    (504, "upstream_timeout", "The service did not answer in time."),
)
# What a visitor of a link reads where a program would get one of ERRORS.
NOTICES = {429: "busy", 502: "starting", 503: "unavailable", 504: "slow"}
# Where links are answered: their pages (a notice is a page too), and what those pages ask for.
LINK_PAGES = (f"^{PAGES}/[^/]+$", f"^(?:{SLUGS}|{SHORT_SLUGS})/[^/]+$")
LINK_DATA = (f"{PAGES}/", f"{GRAFANA_API}/public/")
# Folders of Grafana that a public page loads from, and how long they are kept: build/ names files by content.
STATIC_FOLDERS = (("build", "7d"), ("(?:img|fonts|gazetteer|maps|plugins)", "1h"))
# What Grafana would answer to anybody, or by another life than ours, on the port of its own sign-in page.
NEVER_ON_GRAFANA_PORT = (
    "/grafana/public-dashboards/",
    "/grafana/api/public/",
    "/grafana/bootdata/",
    "/grafana/dashboard/snapshot",
    "/grafana/api/snapshots",
    "/grafana/metrics",
    "/grafana/avatar/",
    "/grafana/render",
)
# Bodies. Only the API takes whole fleets; everything is read before anybody is asked who it is.
SIZES = {"api": "32m", "grafana": "16m", "link": "64k", "other": "1m"}
CONNECTIONS = {"address": 512, "link": 2048}


# Written file, its template, and the values it gets besides.
_FILES: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("to_web.conf", "to_web.conf.j2", {"check": False}),
    ("to_sign_in.conf", "to_web.conf.j2", {"check": True}),
    ("link_limits.conf", "link_limits.conf.j2", {}),
    ("to_grafana.conf", "to_grafana.conf.j2", {"user": "", "cookies": ""}),
    ("to_grafana_user.conf", "to_grafana.conf.j2", {"user": "$grafana_user", "cookies": ""}),
    ("to_grafana_login.conf", "to_grafana.conf.j2", {"user": "", "cookies": "$grafana_cookies"}),
    ("nginx.conf", "nginx.conf.j2", {}),
)


def render_edge(settings: Settings) -> Path:
    """Write nginx's configuration and its folders; returns the path of `nginx.conf`."""
    run = run_folder(settings) / "nginx"
    (run / "temp").mkdir(parents=True, exist_ok=True, mode=0o700)
    jinja = Environment(
        loader=FileSystemLoader(shipped("config", "nginx")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  # nginx's language, and every value is checked by the settings
    )
    own_port = grafana_sign_in_port(settings)
    words = {
        "root": os.geteuid() == 0,
        "run": _quotable(run),
        "assets": _quotable(shipped_assets()),
        "listen": _listen(settings.listen_host, settings.port),
        "web_socket": _quotable(web_socket(settings)),
        "grafana": grafana_addresses(settings),
        "grafana_beside": is_beside_us(settings.grafana_url),
        "grafana_listen": _listen(settings.listen_host, own_port) if own_port else [],
        "grafana_users": sorted(GRAFANA_USERS.values()),
        "proxies": trusted_networks(settings),
        "https_host": _https_host(settings.base_url),
        "log_level": "info" if settings.log_level.upper() == "DEBUG" else "warn",
        "identity_headers": IDENTITY_HEADERS,
        "user_header": USER_HEADER,
        "errors": ERRORS,
        "notices": {status: link_state_words()[reason] for status, reason in NOTICES.items()},
        "notice": lambda words: _one_line(jinja.get_template("notice.html.j2").render(words=words)),
        "link_pages": LINK_PAGES,
        "link_data": LINK_DATA,
        "static_folders": STATIC_FOLDERS,
        "never_here": NEVER_ON_GRAFANA_PORT,
        "sizes": SIZES,
        "connections": CONNECTIONS,
        "rates": {"client": settings.limit_client, "link": settings.limit_link},
    }
    for name, template, more in _FILES:
        (run / name).write_text(jinja.get_template(template).render(words | more), encoding="utf-8")
    shutil.copyfile(shipped("config", "nginx", "mime.types"), run / "mime.types")
    return run / "nginx.conf"


def check_edge(configuration: Path) -> None:
    """Check the configuration with nginx itself; raises ConfigError with its message."""
    told = subprocess.run(nginx_command(configuration, "-t", "-q"), capture_output=True, text=True, check=False)
    if told.returncode:
        raise ConfigError(f"nginx refuses its configuration {configuration}: {told.stderr.strip()}")


def nginx_command(configuration: Path, *more: str) -> list[str]:
    """Return the command that runs nginx in the foreground; ConfigError when there is no nginx."""
    nginx = find_nginx()
    if nginx is None:
        raise ConfigError("nginx is not installed; install it, or set EDGE=false to let `web` take the public port.")
    # `-e stderr`: without it nginx opens its built-in log file first, which an unprivileged user may not.
    return [nginx, "-e", "stderr", "-p", str(configuration.parent), "-c", str(configuration), *more]


def grafana_sign_in_port(settings: Settings) -> int | None:
    """Return the port on which a Grafana of our own signs its own users in; None when there is none."""
    if not settings.own_grafana or not settings.grafana_port:
        return None
    if settings.grafana_port in (settings.port, settings.poller_port):
        raise ConfigError(
            f"GRAFANA_PORT is {settings.grafana_port}, which is another program's port; choose another, or 0."
        )
    return settings.grafana_port


def shipped_assets() -> Path:
    """Return the folder of the pages' built files."""
    return built("assets")


def _listen(host: str, port: int) -> list[str]:
    try:
        addresses = [ipaddress.ip_address(one) for one in listen_addresses(host)]
    except ValueError:
        if host != "localhost":
            raise ConfigError(f"LISTEN is {host!r}; it must be an IP address such as 127.0.0.1 or 0.0.0.0.") from None
        return [f"127.0.0.1:{port}"]
    return [f"[{one}]:{port} ipv6only=on" if one.version == 6 else f"{one}:{port}" for one in addresses]


def grafana_addresses(settings: Settings) -> list[str]:
    """Return where nginx reaches Grafana's pages: plain http below /grafana at a name that is known now; else nowhere.

    nginx looks a name up once, when it starts, and does not start when it cannot: so it gets addresses.
    """
    parts = urlsplit(settings.grafana_url or "")
    if parts.scheme != "http" or parts.path.rstrip("/") != "/grafana":
        return []
    if is_beside_us(settings.grafana_url):
        return [f"127.0.0.1:{parts.port or 80}"]
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 80, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    addresses = dict.fromkeys((family, str(place[0]), int(place[1])) for family, _, _, _, place in found)
    return [
        f"[{address}]:{port}" if family == socket.AF_INET6 else f"{address}:{port}"
        for family, address, port in addresses
        if "%" not in address  # a link-local one, whose zone nginx cannot name
    ]


def _https_host(base: str | None) -> str:
    parts = urlsplit(base or "")
    return re.escape(parts.hostname or "") if parts.scheme == "https" else ""


def _one_line(html: str) -> str:
    """Fit a page into one of nginx's quoted words, which end at a quote and may not hold 4,096 bytes."""
    line = " ".join(html.split())
    assert "'" not in line
    assert len(line.encode()) < 4000
    return line


def _quotable(path: Path) -> str:
    text = str(path)
    if any(letter in text for letter in " ;{}\"'\\$\n\t"):
        raise ConfigError(f"The path {text!r} holds a blank or a sign that nginx reads in its own way; choose another.")
    return text
