"""People in the API's words; never a password or its hash."""

from __future__ import annotations

from backend_server.accounts.model import User
from backend_server.primitives.clock import format_ms


def user_json(user: User, last_seen_ms: int | None) -> dict[str, object]:
    """Return a person, with the time last seen."""
    return {
        "name": user.name,
        "role": user.role.value,
        "disabled": user.disabled_at is not None,
        "created_at": format_ms(user.created_at),
        "last_seen_at": format_ms(last_seen_ms),
    }
