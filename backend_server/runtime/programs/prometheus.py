"""The Prometheus that supervisor runs for us in `make run` and `make demo`: its configuration and its command."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from backend_server.accounts import ApiToken, Role, Scope, hash_api_token, new_api_token
from backend_server.accounts.first_admin import MIN_API_TOKEN
from backend_server.accounts.model import new_token_id
from backend_server.errors import ConfigError
from backend_server.primitives.shipped import shipped
from backend_server.settings import Settings
from backend_server.settings.topology import public_place
from backend_server.storage.engine.store import Store
from backend_server.storage.tables.accounts import SqlAccounts

_TOKEN_NAME = "prometheus"  # noqa: S105  # the token's public name
_ENVIRONMENT_TOKEN_NAME = "metrics, from the environment"  # noqa: S105  # the same


def find_prometheus() -> str | None:
    """Return the path of Prometheus' program."""
    return shutil.which("prometheus")


def prepare_prometheus(settings: Settings, store: Store) -> list[str]:
    """Write the configuration and give the command; ConfigError when there is no Prometheus, or it is elsewhere."""
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
            token_file=f'"{_scrape_token(folder / "token", store)}"',
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


def keep_metrics_token(settings: Settings, store: Store) -> None:
    """Let `METRICS_TOKEN` read metrics and targets; a changed one replaces the old. ConfigError when too short."""
    if settings.metrics_token is None:
        return
    secret = settings.metrics_token.reveal()
    if len(secret) < MIN_API_TOKEN:
        raise ConfigError(f"METRICS_TOKEN is shorter than {MIN_API_TOKEN} characters; set a random one, or none.")
    accounts = SqlAccounts(store)
    held = hash_api_token(secret)
    if not any(token.hash == held and token.revoked_at is None for token in accounts.tokens()):
        accounts.replace_token(_reader(_ENVIRONMENT_TOKEN_NAME, secret, accounts.now_ms()), by="prepare")


def _reader(name: str, secret: str, now_ms: int) -> ApiToken:
    return ApiToken(
        id=new_token_id(),
        name=name,
        hash=hash_api_token(secret),
        role=Role.VIEWER,
        scopes=frozenset({Scope.METRICS_READ, Scope.DEVICES_READ}),
        created_by="prepare",
        created_at=now_ms,
    )


def _scrape_token(file: Path, store: Store) -> Path:
    """Keep a token of its own for scraping, that may read metrics and targets and nothing else."""
    accounts = SqlAccounts(store)
    try:
        held = hash_api_token(file.read_text(encoding="ascii").strip())
    except FileNotFoundError:
        held = ""
    if any(token.hash == held and token.revoked_at is None for token in accounts.tokens()):
        return file
    made = new_api_token()
    accounts.replace_token(_reader(_TOKEN_NAME, made, accounts.now_ms()), by="prepare")
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(made)
    return file
