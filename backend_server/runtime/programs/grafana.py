"""The Grafana that supervisor runs for us: its command, its environment, its provisioning folder."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from backend_server.accounts.ports import SecretKeeper
from backend_server.accounts.unshown import UnshownSecrets, grafana_mark
from backend_server.datasources.postgres_reader import ReaderRole, ensure_reader, prove_reader
from backend_server.errors import ConfigError
from backend_server.primitives.secret import Secret
from backend_server.primitives.shipped import shipped
from backend_server.provisioning.lay_out import lay_out
from backend_server.provisioning.providers import check_providers
from backend_server.settings import OWN_GRAFANA_URL, Settings

# Grafana looks into them at every start and complains about a missing one.
_EMPTY_FOLDERS = ("alerting", "plugins")
_POSTGRES_SOURCE = "datasources/supabase.yml"
# Takes the place of that file: a datasource once made stays in Grafana's database, with the password it had.
_NO_POSTGRES_SOURCE = "datasources/supabase-removed.yml"
_REMOVAL = b"""apiVersion: 1

deleteDatasources:
  - name: VirtualPyTest PostgreSQL
    orgId: 1
"""
# What Grafana's datasource offers (`PostgresTLSModes` of 12.4); its driver refuses any other word.
_SSL_MODES = frozenset({"disable", "require", "verify-ca", "verify-full"})


@dataclass(frozen=True, slots=True)
class PreparedGrafana:
    """Grafana's environment, the administrator's password if it was made now, and what is to be known."""

    environment: dict[str, str]
    password_made: Secret | None
    warnings: tuple[str, ...] = ()


def grafana_command(settings: Settings) -> list[str]:
    """Return the command of `GRAFANA_HOME`'s server; ConfigError when it is not there."""
    assert settings.grafana_home is not None
    binary = settings.grafana_home / "bin" / "grafana"
    if not binary.is_file():
        raise ConfigError(f"GRAFANA_HOME is {settings.grafana_home}, but {binary} is not there.")
    ini = shipped("config", "grafana", "grafana.ini").resolve()
    return [str(binary), "server", "--homepath", str(settings.grafana_home), "--config", str(ini)]


def prepare_grafana(settings: Settings, kept: SecretKeeper, unshown: UnshownSecrets) -> PreparedGrafana:
    """Lay the provisioning folder out and return what Grafana is started with.

    Raises ConfigError when the provider file is not the one this release ships: without it a reload deletes everything.
    """
    made: Secret | None = None
    password = settings.grafana_admin_password or kept.find("grafana_admin_password")
    if password is None:
        fresh = Secret(secrets.token_urlsafe(18))
        unshown.mark(grafana_mark(fresh))
        password = kept.ensure("grafana_admin_password", fresh.reveal)
    if settings.grafana_admin_password is None and unshown.is_marked(grafana_mark(password)):
        made = password
    key = settings.grafana_secret_key or kept.ensure("grafana_secret_key", lambda: secrets.token_urlsafe(48))
    metrics = kept.ensure("grafana_metrics_password", lambda: secrets.token_urlsafe(18))
    reader, warnings = _reader(settings, kept)
    data = (settings.data_dir / "grafana").resolve()
    (data / "plugins").mkdir(parents=True, exist_ok=True)  # it complains about a missing one at every start
    environment = {
        "GRAFANA_DATA_DIR": str(data),
        "GRAFANA_PROVISIONING_DIR": str(settings.own_provisioning),
        # It listens where we look for it, whatever the environment says for others.
        "GF_SERVER_HTTP_PORT": str(urlsplit(settings.grafana_url or OWN_GRAFANA_URL).port or 80),
        "GRAFANA_DOMAIN": settings.grafana_domain,
        "GRAFANA_ROOT_URL": f"{settings.base_url or f'http://{settings.grafana_domain}:{settings.port}'}/grafana/",
        "GRAFANA_ADMIN_USER": settings.grafana_admin_user,
        "GRAFANA_ADMIN_PASSWORD": password.reveal(),
        "GRAFANA_SECRET_KEY": key.reveal(),
        "GRAFANA_METRICS_PASSWORD": metrics.reveal(),
        "GRAFANA_DATASOURCE_HOSTS": " ".join(_hosts(settings)),
        "DASHBOARDS_DIR": str(settings.dashboards_dir.resolve()),
        "PROMETHEUS_URL": settings.prometheus_url,
        **(database_parts(settings.database_url.reveal(), reader) if settings.database_url and reader else {}),
    }
    _provision(settings, environment, with_postgres=reader is not None)
    return PreparedGrafana(environment, made, warnings)


def _reader(settings: Settings, kept: SecretKeeper) -> tuple[ReaderRole | None, tuple[str, ...]]:
    """Return the role of the PostgreSQL dashboards. Never our own: viewers may ask Grafana's datasource anything."""
    if settings.database_url is None or settings.database_url.reveal().lower().startswith("sqlite:"):
        return None, ()
    url, given = settings.database_url.reveal(), settings.dashboards_db_user
    try:
        if given:
            reader = prove_reader(url, given, settings.dashboards_db_password or Secret(""))
        else:
            password = kept.ensure("dashboards_db_password", lambda: secrets.token_urlsafe(24))
            reader = ensure_reader(url, password)
    except ConfigError as fault:
        return None, (
            f"Grafana gets no PostgreSQL datasource: of the role that is to read for the dashboards, {fault.message}. "
            "Make one that may sign in, read their tables and nothing of schema dashwright, and name it in "
            "DASHBOARDS_DB_USER and DASHBOARDS_DB_PASSWORD, or let the user of the database make roles (CREATEROLE)",
        )
    if not reader.writable:
        return reader, ()
    return reader, (
        f"every viewer of Grafana may change {', '.join(reader.writable[:3])}"
        f"{' and more' if len(reader.writable) > 3 else ''} in PostgreSQL, since {reader.user} may; revoke it "
        "(REVOKE … FROM PUBLIC where everybody may)",
    )


def _provision(settings: Settings, environment: Mapping[str, str], *, with_postgres: bool) -> None:
    """Ensure the provisioning folder as this release ships it, also under a running Grafana."""
    target = Path(environment["GRAFANA_PROVISIONING_DIR"])
    source = shipped("config", "grafana", "provisioning")
    files = {str(file.relative_to(source)): file.read_bytes() for file in sorted(source.rglob("*")) if file.is_file()}
    stale = [_NO_POSTGRES_SOURCE]
    if not with_postgres:
        del files[_POSTGRES_SOURCE]
        stale = [_POSTGRES_SOURCE]
        if any((target / name).exists() for name in (_POSTGRES_SOURCE, _NO_POSTGRES_SOURCE)):
            files[_NO_POSTGRES_SOURCE] = _REMOVAL
    lay_out(target, files, stale)
    for name in _EMPTY_FOLDERS:
        (target / name).mkdir(exist_ok=True)
    check_providers(target, settings.dashboards_dir.resolve(), environment=environment)


def _hosts(settings: Settings) -> list[str]:
    urls = [settings.prometheus_url]
    if settings.database_url:
        urls.append(settings.database_url.reveal())
    ports = {"http": 80, "https": 443, "postgresql": 5432, "postgres": 5432}
    parts = [urlsplit(url) for url in urls]
    return [f"{url.hostname}:{url.port or ports.get(url.scheme, 80)}" for url in parts if url.hostname]


def database_parts(url: str, reader: ReaderRole) -> dict[str, str]:
    """Split our database's URL for Grafana's datasource, which takes every part unquoted and the reader's name."""
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query))
    host = parts.hostname or asked.get("host", "localhost")
    return {
        "SUPABASE_DB_HOST": f"[{host}]" if ":" in host else host,
        "SUPABASE_DB_PORT": str(parts.port or 5432),
        "SUPABASE_DB_NAME": unquote(parts.path.lstrip("/")),
        "SUPABASE_DB_USER": reader.user,
        "SUPABASE_DB_PASSWORD": reader.password.reveal(),
        "SUPABASE_DB_SSLMODE": _ssl_mode(host, asked.get("sslmode", "")),
    }


def _ssl_mode(host: str, asked: str) -> str:
    """Return the mode for Grafana, which knows no "if possible": by default TLS unless the host is beside us."""
    if asked in _SSL_MODES:
        return asked
    try:
        beside = ip_address(host).is_private
    except ValueError:
        beside = "." not in host  # localhost, a socket's folder, or another container's name
    return "disable" if beside or host.startswith("/") else "require"
