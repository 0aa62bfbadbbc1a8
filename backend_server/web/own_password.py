"""A person's own password, changed by the API or the page: guesses are limited, and this session goes on."""

from __future__ import annotations

from flask import current_app, session

from backend_server.accounts import WrongPassword

from .auth import client_address
from .context import current_actor, current_services
from .sign_in_limits import LIMITS, SignInLimits


def change_own_password(old: str, new: str) -> None:
    """Change the caller's password; raises TooManyRequests besides what `UserBook.change_own_password` raises."""
    actor, limits = current_actor(), current_app.extensions[LIMITS]
    assert isinstance(limits, SignInLimits)
    if actor.by_session:
        limits.check(actor.name, client_address())
    try:
        user = current_services().users.change_own_password(actor, old, new)
    except WrongPassword:
        limits.failed(actor.name, client_address())
        raise
    session["version"] = user.session_version
