"""The Prometheus that supervisor runs for us in `make run` and `make demo`: its configuration and its command."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from backend_server.accounts.metrics_tokens import is_known, make_scrape_token
from backend_server.accounts.ports import AccountStore
from backend_server.errors import ConfigError
from backend_server.primitives.shipped import shipped
from backend_server.settings import Settings
from backend_server.settings.topology import public_place


def find_prometheus() -> str | None:
    """Return the path of Prometheus' program."""
    return shutil.which("prometheus")


def prepare_prometheus(settings: Settings, accounts: AccountStore) -> list[str]:
    """Write the configuration and return the command; ConfigError when there is no Prometheus, or it is elsewhere."""
    program = find_prometheus()
    parts = urlsplit(settings.prometheus_url)
    if program is None:
        raise ConfigError("OWN_PROMETHEUS is set, but the program `prometheus` is not installed.")
    if parts.hostname not in ("127.0.0.1", "localhost") or parts.path.strip("/"):
        raise ConfigError(
            f"OWN_PROMETHEUS is set, so PROMETHEUS_URL must be http://127.0.0.1:PORT, not {settings.prometheus_url}."
        )
    folder = (settings.data_dir / "run" / "prometheus").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    jinja = Environment(
        loader=FileSystemLoader(shipped("config", "prometheus")),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  # YAML, and every value is checked by the settings
    )
    configuration = folder / "prometheus.yml"
    configuration.write_text(
        jinja.get_template("prometheus.yml.j2").render(
            scrape_interval=settings.scrape_interval,
            poller_port=settings.poller_port,
            public_place=public_place(settings),
            token_file=f'"{_scrape_token(folder / "token", accounts)}"',
        ),
        encoding="utf-8",
    )
    return [
        program,
        f"--config.file={configuration}",
        f"--storage.tsdb.path={(settings.data_dir / 'prometheus').resolve()}",
        "--storage.tsdb.retention.time=15d",
        f"--web.listen-address=127.0.0.1:{parts.port or 9090}",
        "--log.level=warn",
    ]


def _scrape_token(file: Path, accounts: AccountStore) -> Path:
    """Keep a token of its own for scraping."""
    try:
        held = file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        held = ""
    if held and is_known(held, accounts):
        return file
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(make_scrape_token(accounts))
    return file
