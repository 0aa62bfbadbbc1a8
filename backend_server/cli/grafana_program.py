"""The Grafana that supervisor runs for us: its command, its environment, its provisioning folder."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from backend_server.accounts.grafana_users import GRAFANA_USERS
from backend_server.errors import ConfigError
from backend_server.primitives.secret import Secret
from backend_server.provisioning.providers import check_providers
from backend_server.settings import Settings
from backend_server.shipped import shipped
from backend_server.storage.kept_secrets import KeptSecrets
from backend_server.storage.store import Store

THE_THREE_USERS = {login: role.value.capitalize() for role, login in GRAFANA_USERS.items()}
_POSTGRES_SOURCE = "supabase.yml"
# What Grafana's datasource offers (`PostgresTLSModes` of 12.4); its driver refuses any other word.
_SSL_MODES = frozenset({"disable", "require", "verify-ca", "verify-full"})


def grafana_command(settings: Settings) -> list[str]:
    """Give the command of `GRAFANA_HOME`'s server; ConfigError when it is not there."""
    assert settings.grafana_home is not None
    binary = settings.grafana_home / "bin" / "grafana"
    if not binary.is_file():
        raise ConfigError(f"GRAFANA_HOME is {settings.grafana_home}, but {binary} is not there.")
    ini = shipped("config", "grafana", "grafana.ini").resolve()
    return [str(binary), "server", "--homepath", str(settings.grafana_home), "--config", str(ini)]


def prepare_grafana(settings: Settings, store: Store) -> tuple[dict[str, str], Secret | None]:
    """Put the provisioning folder in place; give Grafana's environment, and the administrator's password if made now.

    Raises ConfigError when the provider file is not the one this release ships: without it a reload deletes everything.
    """
    kept = KeptSecrets(store, settings.data_dir)
    made: Secret | None = None
    password = settings.grafana_admin_password or kept.find("grafana_admin_password")
    if password is None:
        made = password = kept.ensure("grafana_admin_password", lambda: secrets.token_urlsafe(18))
    key = settings.grafana_secret_key or kept.ensure("grafana_secret_key", lambda: secrets.token_urlsafe(48))
    metrics = kept.ensure("grafana_metrics_password", lambda: secrets.token_urlsafe(18))
    data = (settings.data_dir / "grafana").resolve()
    (data / "plugins").mkdir(parents=True, exist_ok=True)  # it complains about a missing one at every start
    environment = {
        "GRAFANA_DATA_DIR": str(data),
        "GRAFANA_PROVISIONING_DIR": str((settings.data_dir / "run" / "grafana" / "provisioning").resolve()),
        "GRAFANA_DOMAIN": settings.grafana_domain,
        "GRAFANA_ROOT_URL": f"{settings.base_url or f'http://{settings.grafana_domain}:{settings.port}'}/grafana/",
        "GRAFANA_ADMIN_USER": settings.grafana_admin_user,
        "GRAFANA_ADMIN_PASSWORD": password.reveal(),
        "GRAFANA_SECRET_KEY": key.reveal(),
        "GRAFANA_METRICS_PASSWORD": metrics.reveal(),
        "GRAFANA_DATASOURCE_HOSTS": " ".join(_hosts(settings)),
        "DASHBOARDS_DIR": str(settings.dashboards_dir.resolve()),
        "PROMETHEUS_URL": settings.prometheus_url,
        **_postgres(settings),
    }
    _provision(settings, environment)
    return environment, made


def _provision(settings: Settings, environment: Mapping[str, str]) -> None:
    """Write the provisioning folder anew from what this release ships, before Grafana starts."""
    target = Path(environment["GRAFANA_PROVISIONING_DIR"])
    shutil.rmtree(target, ignore_errors=True)
    left_out = shutil.ignore_patterns() if settings.database_url else shutil.ignore_patterns(_POSTGRES_SOURCE)
    shutil.copytree(shipped("config", "grafana", "provisioning"), target, ignore=left_out)
    check_providers(target, settings.dashboards_dir, environment=environment)


def _hosts(settings: Settings) -> list[str]:
    urls = [settings.prometheus_url]
    if settings.database_url:
        urls.append(settings.database_url.reveal())
    ports = {"http": 80, "https": 443, "postgresql": 5432, "postgres": 5432}
    parts = [urlsplit(url) for url in urls]
    return [f"{one.hostname}:{one.port or ports.get(one.scheme, 80)}" for one in parts if one.hostname]


def _postgres(settings: Settings) -> dict[str, str]:
    """Take our database's URL apart for Grafana's datasource, which wants every part bare."""
    if settings.database_url is None:
        return {}
    parts = urlsplit(settings.database_url.reveal())
    asked = dict(parse_qsl(parts.query))
    host = parts.hostname or asked.get("host", "localhost")
    return {
        "SUPABASE_DB_HOST": f"[{host}]" if ":" in host else host,
        "SUPABASE_DB_PORT": str(parts.port or 5432),
        "SUPABASE_DB_NAME": unquote(parts.path.lstrip("/")),
        "SUPABASE_DB_USER": unquote(parts.username or ""),
        "SUPABASE_DB_PASSWORD": unquote(parts.password or ""),
        "SUPABASE_DB_SSLMODE": _ssl_mode(host, asked.get("sslmode", "")),
    }


def _ssl_mode(host: str, asked: str) -> str:
    """Give the mode for Grafana, which knows no "if possible": when not told, TLS unless the host is beside us."""
    if asked in _SSL_MODES:
        return asked
    try:
        beside = ip_address(host).is_private
    except ValueError:
        beside = "." not in host  # localhost, a socket's folder, or another container's name
    return "disable" if beside or host.startswith("/") else "require"
