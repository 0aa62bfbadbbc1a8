"""API tokens in the API's words; never the token itself."""

from __future__ import annotations

from backend_server.accounts import ApiToken
from backend_server.primitives.clock import format_ms


def token_json(token: ApiToken) -> dict[str, object]:
    """Return a token without its secret."""
    return {
        "id": token.id,
        "name": token.name,
        "role": token.role.value,
        "scopes": sorted(token.scopes),
        "created_by": token.created_by,
        "created_at": format_ms(token.created_at),
        "expires_at": format_ms(token.expires_at),
        "last_used_at": format_ms(token.last_used_at),
        "revoked_at": format_ms(token.revoked_at),
    }
