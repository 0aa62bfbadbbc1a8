"""Renders nginx's configuration. Every path it writes to lies below `DATA_DIR/run/nginx`, so nginx needs no root."""

from __future__ import annotations

import ipaddress
import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from backend_server.errors import ConfigError
from backend_server.settings import Settings
from backend_server.shipped import shipped

# Names by which a proxy in front of an application says who somebody is. From a client they are lies.
IDENTITY_HEADERS = (
    "X-WEBAUTH-USER",
    "X-WEBAUTH-NAME",
    "X-WEBAUTH-EMAIL",
    "X-WEBAUTH-LOGIN",
    "X-WEBAUTH-ROLE",
    "X-WEBAUTH-GROUPS",
    "X-Grafana-Id",
    "X-Grafana-Org-Id",
    "X-Grafana-User",
    "X-Grafana-Device-Id",
    "X-DS-Authorization",
    "X-Remote-User",
    "Remote-User",
    "X-Forwarded-User",
    "X-Forwarded-Email",
    "X-Forwarded-Groups",
    "X-Forwarded-Preferred-Username",
    "X-Auth-Request-User",
    "X-Auth-Request-Email",
    "X-Auth-Request-Groups",
    "X-Forwarded-Prefix",
    "X-Forwarded-Port",
    "X-Original-URL",
    "X-Rewrite-URL",
    "Forwarded",
    "Proxy",
)
# What nginx itself answers, in the product's one error shape.
ERRORS = (
    (400, "bad_request", "The request cannot be read, or its path can be read in two ways."),
    (404, "not_found", "There is nothing here."),
    (405, "method_not_allowed", "This method is not allowed here."),
    (408, "timeout", "The request took too long to arrive."),
    (411, "length_required", "The request needs a Content-Length."),
    (413, "too_large", "The request is larger than is allowed."),
    (414, "too_large", "The address is longer than is allowed."),
    (429, "rate_limited", "There are too many connections from this address; try again in a moment."),
    (431, "too_large", "The headers of the request are larger than is allowed."),
    (502, "unavailable", "The service is starting or has failed; try again in a moment."),
    (503, "unavailable", "The service is not available; try again in a moment."),
    (504, "upstream_timeout", "The service did not answer in time."),
)
MAX_BODY = "32m"
CONNECTIONS_PER_ADDRESS = 512


def run_folder(settings: Settings) -> Path:
    """Give the folder of everything nginx reads and writes."""
    return (settings.data_dir / "run" / "nginx").resolve()


def render_edge(settings: Settings) -> Path:
    """Write nginx's configuration and its folders; gives the path of `nginx.conf`."""
    run = run_folder(settings)
    (run / "temp").mkdir(parents=True, exist_ok=True, mode=0o700)
    jinja = Environment(
        loader=FileSystemLoader(shipped("config", "nginx")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  # nginx's language, and every value is checked by the settings
    )
    words = {
        "root": os.geteuid() == 0,
        "run": _quotable(run),
        "assets": _quotable(shipped_assets()),
        "listen": [_listen(settings.listen_host, settings.port)],
        "web_port": settings.web_port,
        "grafana": _upstream(settings.grafana_url) if settings.grafana_url else None,
        "log_level": "info" if settings.log_level.upper() == "DEBUG" else "warn",
        "identity_headers": IDENTITY_HEADERS,
        "errors": ERRORS,
        "max_body": MAX_BODY,
        "connections_per_address": CONNECTIONS_PER_ADDRESS,
    }
    for name in ("to_web.conf", "to_grafana.conf", "nginx.conf"):
        (run / name).write_text(jinja.get_template(f"{name}.j2").render(words), encoding="utf-8")
    shutil.copyfile(shipped("config", "nginx", "mime.types"), run / "mime.types")
    return run / "nginx.conf"


def check_edge(configuration: Path) -> None:
    """Let nginx itself read the configuration; raises ConfigError with its words."""
    told = subprocess.run(nginx_command(configuration, "-t", "-q"), capture_output=True, text=True, check=False)
    if told.returncode:
        raise ConfigError(f"nginx refuses its configuration {configuration}: {told.stderr.strip()}")


def nginx_command(configuration: Path, *more: str) -> list[str]:
    """Give the command that runs nginx in the foreground; ConfigError when there is no nginx."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/sbin")
    if nginx is None:
        raise ConfigError("nginx is not installed; install it, or set EDGE=false to let `web` take the public port.")
    # `-e stderr`: without it nginx opens its built-in log file first, which an unprivileged user may not.
    return [nginx, "-e", "stderr", "-p", str(configuration.parent), "-c", str(configuration), *more]


def shipped_assets() -> Path:
    """Give the folder of the pages' built files."""
    return Path(__file__).resolve().parent.parent / "web" / "static" / "dist" / "assets"


def _listen(host: str, port: int) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if host != "localhost":
            raise ConfigError(f"LISTEN is {host!r}; it must be an IP address such as 127.0.0.1 or 0.0.0.0.") from None
        return f"127.0.0.1:{port}"
    return f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"


def _upstream(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 80}"


def _quotable(path: Path) -> str:
    text = str(path)
    if any(letter in text for letter in " ;{}\"'\\$\n\t"):
        raise ConfigError(f"The path {text!r} holds a blank or a sign that nginx reads in its own way; choose another.")
    return text
