"""The Grafana we talk to, or run."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field

from .words import Group, Seconds, SecretText

OWN_GRAFANA_URL = "http://127.0.0.1:3300/grafana"  # as config/grafana/grafana.ini has it


def is_beside_us(url: str | None) -> bool:
    """Whether a Grafana's URL is as one of our own has it: plain http, on loopback, below /grafana."""
    parts = urlsplit(url or "")
    host = parts.hostname or ""
    return parts.scheme == "http" and host in ("127.0.0.1", "localhost") and parts.path.rstrip("/") == "/grafana"


class GrafanaSettings(Group):
    """The Grafana we talk to, or run."""

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

    @property
    def own_grafana(self) -> bool:
        """Whether supervisor runs the Grafana that we talk to: there is one, and `GRAFANA_URL` names no other."""
        return self.grafana_home is not None and is_beside_us(self.grafana_url)

    @property
    def grafana_origin(self) -> str | None:
        """Scheme, host and port of `GRAFANA_URL`, as the `Origin` header wants it."""
        if not self.grafana_url:
            return None
        parts = urlsplit(self.grafana_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def may_make_grafana_users(self) -> bool:
        """Whether we come as Grafana's administrator: a service account makes no users."""
        return self.grafana_url is not None and not self.grafana_token

    @property
    def proxy_user(self) -> str:
        """The Grafana user our calls are made as."""
        return self.grafana_proxy_user or self.grafana_admin_user
