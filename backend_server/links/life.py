"""What may be done to a link in which state, and the result. Pure; the registry writes it."""

from __future__ import annotations

from dataclasses import replace

from backend_server.errors import Conflict, InvalidInput, Problem
from backend_server.primitives.ids import LinkToken

from .link import Link

MAX_GRACE_SECONDS = 30 * 86_400


def check_not_over(link: Link) -> None:
    """Raise Conflict, naming the reason, for a link that no action brings back."""
    if link.revoked_at is not None:
        raise Conflict("The link is revoked for good; make a new one.", details={"state": "revoked"})
    if link.suspended_at is not None:
        raise Conflict(
            "The link is off because its device is retired or not shared; revive or share the device first.",
            details={"state": "revoked"},
        )


def paused(link: Link, now_ms: int) -> Link:
    """Return the link paused; one that is paused already stays as it is."""
    check_not_over(link)
    return link if link.paused_at is not None else replace(link, paused_at=now_ms, updated_at=now_ms)


def resumed(link: Link, now_ms: int) -> Link:
    """Return the link resumed; one that is not paused stays as it is."""
    check_not_over(link)
    return link if link.paused_at is None else replace(link, paused_at=None, updated_at=now_ms)


def rotated(link: Link, token: LinkToken, now_ms: int) -> Link:
    """Return the link with its new token; slug and everything else stay."""
    check_not_over(link)
    return replace(link, token=token, updated_at=now_ms)


def parse_grace(raw: object) -> int:
    """Read `grace_seconds`: for how long the old token still opens the link after a rotation; absent = not at all."""
    if raw is None:
        return 0
    if isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw <= MAX_GRACE_SECONDS:
        return raw
    raise InvalidInput(
        [Problem("grace_seconds", f"must be a whole number of seconds from 0 to {MAX_GRACE_SECONDS} (30 days)")]
    )
