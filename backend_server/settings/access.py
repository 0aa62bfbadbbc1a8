"""Who may do what, and the keys of it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .words import Group, LinkTokens, SecretText


class AccessSettings(Group):
    """Who may do what."""

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
        None,
        description="Address to listen on; `::` is all interfaces, by IPv6 and IPv4, `0.0.0.0` all by IPv4 alone. "
        "Unset: all interfaces by both with a password set, else loopback only.",
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

    @property
    def listen_host(self) -> str:
        """Where the public port listens: loopback only until a password is set."""
        return self.listen or ("::" if self.admin_password else "127.0.0.1")
