"""What the public reaches: ports, addresses, limits."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import Field

from .words import Group


class PublicSettings(Group):
    """Where visitors reach the service, and how often they may."""

    port: int = Field(5109, ge=1, le=65535, description="The public port: nginx, or `web` itself without nginx.")
    web_port: int = Field(
        5110,
        ge=1,
        le=65535,
        description="Accepted, not used: behind the edge `web` listens on a unix socket, without it on `PORT`.",
    )
    poller_port: int = Field(5111, ge=1, le=65535, description="Loopback port on which the poller serves `/metrics`.")
    public_url: str | None = Field(
        None,
        description="What links start with; without it, taken from each request. With a path (`https://host/dash`): a "
        "frontend proxies that path to us and takes it off.",
    )
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
        description="Requests a second from one address, five times that in a burst, and queries that visitors there "
        "make of datasources; ten times both for API calls that bring a token and for the data of links, most of which "
        "is answered from memory; 0 = no limit.",
    )
    limit_link: int = Field(
        1000, ge=0, le=100_000, description="Requests a second for one link, four times that in a burst; 0 = no limit."
    )

    @property
    def base_url(self) -> str | None:
        """What links start with, without a trailing slash; None = take it from the request."""
        found = self.public_url or self.render_external_url
        return found.rstrip("/") if found else None

    @property
    def base_path(self) -> str:
        """The path below which a frontend proxies us, without a trailing slash; empty for none."""
        return urlsplit(self.base_url or "").path
