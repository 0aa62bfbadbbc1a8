"""The settings table: every variable with its meaning, default and secrecy; `docs/settings.md` is written from it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator

from backend_server.errors import InvalidInput
from backend_server.primitives.durations import parse_duration
from backend_server.primitives.secret import Secret
from backend_server.primitives.share import parse_share


def _as_secret(value: object) -> Secret:
    return value if isinstance(value, Secret) else Secret(str(value))


def _as_seconds(value: object) -> float:
    if isinstance(value, int | float):
        return float(value)
    try:
        return parse_duration(str(value))
    except InvalidInput as fault:  # pydantic collects ValueErrors, so that every wrong variable is told at once
        raise ValueError(fault.problems[0].message) from fault


def _as_share(value: object) -> str:
    try:
        return parse_share(str(value))
    except InvalidInput as fault:
        raise ValueError(fault.problems[0].message) from fault


ShareWord = Annotated[str, PlainValidator(_as_share)]
SecretText = Annotated[Secret, PlainValidator(_as_secret), PlainSerializer(str)]
Seconds = Annotated[float, PlainValidator(_as_seconds)]


OWN_GRAFANA_URL = "http://127.0.0.1:3300/grafana"  # as config/grafana/grafana.ini has it


def is_beside_us(url: str | None) -> bool:
    """Whether a Grafana's URL is as one of our own has it: plain http, on loopback, below /grafana."""
    parts = urlsplit(url or "")
    host = parts.hostname or ""
    return parts.scheme == "http" and host in ("127.0.0.1", "localhost") and parts.path.rstrip("/") == "/grafana"


class LinkTokens(StrEnum):
    """How link tokens come to be."""

    STORED = "stored"
    DERIVED = "derived"


class LogFormat(StrEnum):
    """How log lines look."""

    TEXT = "text"
    JSON = "json"


class Settings(BaseModel):
    """All settings. A field's variable is its name in capitals; each may be given as `NAME_FILE` instead."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True, extra="forbid", validate_default=True)

    # The public face
    port: int = Field(5109, ge=1, le=65535, description="The public port: nginx, or `web` itself without nginx.")
    web_port: int = Field(
        5110,
        ge=1,
        le=65535,
        description="Accepted, not used: behind the edge `web` listens on a unix socket, without it on `PORT`.",
    )
    poller_port: int = Field(5111, ge=1, le=65535, description="Loopback port on which the poller serves `/metrics`.")
    public_url: str | None = Field(None, description="What links start with; without it, taken from each request.")
    render_external_url: str | None = Field(None, description="Used for `PUBLIC_URL` when that is not set (Render).")
    edge: bool = Field(
        True, description="Put nginx in front (`false`, or no nginx found: `web` takes the public port)."
    )
    trusted_proxies: str = Field(
        "",
        description="Comma list of networks whose proxies say by `X-Forwarded-For` and `-Proto` for whom they ask.",
    )
    limit_client: int = Field(
        200,
        ge=0,
        le=100_000,
        description="Requests a second from one address, five times that in a burst; ten times both for API calls that "
        "bring a token; 0 = no limit.",
    )
    limit_link: int = Field(
        1000, ge=0, le=100_000, description="Requests a second for one link, four times that in a burst; 0 = no limit."
    )

    # State
    data_dir: Path = Field(Path("/var/lib/dashwright"), description="State and secrets of the service.")
    dashboards_dir: Path = Field(
        Path("/var/lib/grafana/dashboards"), description="Where documents are written for Grafana."
    )
    templates_dir: Path | None = Field(
        None, description="Dashboard templates; unset = the shipped `dashboard_templates/`."
    )
    device_kinds_dir: Path | None = Field(None, description="Device kinds; unset = the shipped `config/device_kinds/`.")
    database_url: SecretText | None = Field(
        None, description="PostgreSQL state (own schema `dashwright`); unset = SQLite in `DATA_DIR`."
    )
    supabase_db_host: str | None = Field(None, description="PostgreSQL by parts, as Supabase names them: host.")
    supabase_db_port: int = Field(5432, ge=1, le=65535, description="The same: port.")
    supabase_db_name: str = Field("postgres", description="The same: database.")
    supabase_db_user: str = Field("postgres", description="The same: user.")
    supabase_db_password: SecretText | None = Field(None, description="The same: password.")
    dashboards_db_user: str | None = Field(
        None,
        description="Role by which Grafana's PostgreSQL dashboards read; unset = `prepare` makes one that writes "
        "nothing and cannot see schema `dashwright`.",
    )
    dashboards_db_password: SecretText | None = Field(None, description="Its password.")
    next_public_supabase_url: str | None = Field(None, description="Accepted, not used.")
    next_public_supabase_anon_key: SecretText | None = Field(None, description="Accepted, not used.")

    # Who may
    admin_user: str = Field("admin", description="Name of our own first administrator.")
    admin_password: SecretText | None = Field(
        None, description="Its password. Unset: made and printed once; see `LISTEN` for what an unset one means."
    )
    api_token: SecretText | None = Field(None, description="A first API token (admin). Unset: made and printed once.")
    metrics_token: SecretText | None = Field(
        None, description="A token for Prometheus: may read metrics and scrape targets, nothing else."
    )
    jwt_secret: SecretText | None = Field(
        None, description="Shared secret of a host platform whose JSON Web Tokens (HS256) are taken as `Bearer`."
    )
    jwt_public_key: str | None = Field(
        None, description="The same by its public key in PEM: RSA (RS256), P-256/384/521 (ES256/384/512), Ed25519."
    )
    jwt_audience: str | None = Field(
        None, description="The `aud` such a token must have; unset: one that has any is refused."
    )
    jwt_issuer: str | None = Field(None, description="The `iss` such a token must have; unset: any.")
    jwt_role_claim: str = Field("role", min_length=1, description="Claim with the role: viewer, editor or admin.")
    jwt_default_role: Literal["viewer", "editor"] | None = Field(
        None, description="Role of a token without that claim; unset: it is refused."
    )
    listen: str | None = Field(
        None, description="Address to listen on. Unset: all interfaces with a password set, else loopback only."
    )
    secret_key: SecretText | None = Field(
        None, description="Signs sessions and derived tokens; made and stored when unset."
    )
    fernet_keys: SecretText | None = Field(
        None, description="Comma list, newest first, for stored credentials; made and stored when unset."
    )
    link_tokens: LinkTokens = Field(
        LinkTokens.STORED,
        description="`derived`: default links survive without a database (needs SECRET_KEY, API_TOKEN).",
    )
    outbound_allow: str = Field(
        "", description="Comma list of host:port or networks that user-entered addresses may reach besides public ones."
    )

    # Grafana
    grafana_url: str | None = Field(
        None,
        description="Base of Grafana's API, e.g. http://127.0.0.1:3300/grafana; unset = the Grafana of `GRAFANA_HOME`, "
        "without that the built-in viewer.",
    )
    grafana_proxy_user: str | None = Field(None, description="User in `X-WEBAUTH-USER`; unset = `GRAFANA_ADMIN_USER`.")
    grafana_token: SecretText | None = Field(None, description="Service-account token, instead of the header.")
    grafana_admin_user: str = Field("admin", description="Grafana's administrator.")
    grafana_admin_password: SecretText | None = Field(None, description="Its password; unset = random, printed once.")
    grafana_secret_key: SecretText | None = Field(
        None, description="Encrypts Grafana's secrets; made and stored when unset; a known default is refused."
    )
    grafana_domain: str = Field("localhost", description="Grafana's `domain`.")
    grafana_port: int = Field(
        3000, ge=0, le=65535, description="Second port of the edge: Grafana's own sign-in page; 0 = none."
    )
    grafana_home: Path | None = Field(
        None, description="Grafana's folder; supervisor runs it, unless `GRAFANA_URL` names another."
    )
    grafana_timeout: Seconds = Field(10.0, description="Total deadline of a call to Grafana.")

    # Data
    prometheus_url: str = Field(
        "http://127.0.0.1:9090", description="Default Prometheus (datasource uid `prometheus`)."
    )
    own_prometheus: bool = Field(
        False, description="Supervisor runs a Prometheus of our own at `PROMETHEUS_URL` (`make run` sets it)."
    )
    scrape_interval: str = Field("5s", description="How often that Prometheus asks the poller.")
    prometheus_timeout: Seconds = Field(15.0, description="Total deadline of a query.")
    query_max_points: int = Field(11_000, ge=10, le=11_000, description="Most points a series may have in one answer.")

    # Devices and passes
    share_default: ShareWord = Field(
        "true", description="`share` of a device that does not say: true, false or a profile's name."
    )
    stale_after: Seconds = Field(90.0, description="A device not seen for this long is `stale`.")
    retired_keep: Seconds = Field(
        30 * 86400.0, description="How long a retired device can be revived before it is purged."
    )
    deletion_breaker: float = Field(
        0.3, ge=0, le=1, description="Share of all documents one pass may remove before a person must confirm."
    )
    deletion_breaker_floor: int = Field(
        10, ge=0, description="Removals that are always allowed, so that a small fleet is not held up."
    )
    pass_interval: Seconds = Field(0.2, description="How often the worker looks for changes.")
    audit_interval: Seconds = Field(
        300.0, description="How often the worker compares everything with Grafana and the disk."
    )
    reload_window: Seconds = Field(0.3, description="Changes within this time share one reload of Grafana.")
    poll_interval: Seconds = Field(5.0, description="How often a device is asked, unless its kind says otherwise.")

    # The ledger
    ledger_keep: Seconds = Field(
        400 * 86400.0, description="How long views and refusals of links are kept by day; the audit is kept for ever."
    )
    log_visitors: bool = Field(
        False, description="Write the address of a link's visitor into the log line of the visit; kept nowhere else."
    )

    # Logs
    log_format: LogFormat = Field(LogFormat.TEXT, description="`text` or `json`, one line each.")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")

    @property
    def base_url(self) -> str | None:
        """What links start with, without a trailing slash; None = take it from the request."""
        found = self.public_url or self.render_external_url
        return found.rstrip("/") if found else None

    @property
    def own_grafana(self) -> bool:
        """Whether supervisor runs the Grafana that we talk to: there is one, and `GRAFANA_URL` names no other."""
        return self.grafana_home is not None and is_beside_us(self.grafana_url)

    @property
    def own_provisioning(self) -> Path:
        """Where a Grafana of our own reads its providers and datasources from."""
        return (self.data_dir / "run" / "grafana" / "provisioning").resolve()

    @property
    def grafana_origin(self) -> str | None:
        """Scheme, host and port of `GRAFANA_URL`, as the `Origin` header wants it."""
        if not self.grafana_url:
            return None
        parts = urlsplit(self.grafana_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def proxy_user(self) -> str:
        """The Grafana user our calls are made as."""
        return self.grafana_proxy_user or self.grafana_admin_user

    @property
    def listen_host(self) -> str:
        """Where the public port listens: loopback only until a password is set."""
        return self.listen or ("0.0.0.0" if self.admin_password else "127.0.0.1")

    @property
    def own_host(self) -> str:
        """The address at which this machine itself reaches the public port, as it stands in a URL."""
        every = {"0.0.0.0": "127.0.0.1", "::": "::1", "localhost": "127.0.0.1"}
        host = every.get(self.listen_host, self.listen_host)
        return f"[{host}]" if ":" in host else host

    @property
    def own_base(self) -> str:
        """Where this machine itself asks the service."""
        return f"http://{self.own_host}:{self.port}"
