"""Links in the API's words."""

from __future__ import annotations

from backend_server.links import FoundLink, embed_url, link_url, slug_url
from backend_server.primitives.clock import format_ms


def short_link_json(found: FoundLink, base: str, now_ms: int) -> dict[str, object]:
    """Return a link as the hook's answer holds it."""
    link = found.link
    return {
        "url": link_url(base, link.token),
        "embed_url": embed_url(base, link, found.own_refresh),
        "token": link.token,
        "slug": link.slug,
        "state": found.state(now_ms).value,
    }


def link_json(found: FoundLink, base: str, now_ms: int) -> dict[str, object]:
    """Return a link as the links' routes answer it."""
    link = found.link
    return {
        "token": link.token,
        "slug": link.slug,
        "label": link.label,
        "url": link_url(base, link.token),
        "embed_url": embed_url(base, link, found.own_refresh),
        "slug_url": slug_url(base, link.slug),
        "state": found.state(now_ms).value,
        **link.points_at,
        "slot": link.slot,
        "document_uid": link.document_uid,
        "is_default": link.is_default,
        "profile": link.profile.as_json(),
        "not_before": format_ms(link.not_before),
        "expires_at": format_ms(link.expires_at),
        "has_password": link.password_hash is not None,
        "frame_ancestors": list(link.frame_ancestors),
        "created_by": link.created_by,
        "created_at": format_ms(link.created_at),
        "updated_at": format_ms(link.updated_at),
        "first_seen_at": format_ms(link.first_seen_at),
        "last_seen_at": format_ms(link.last_seen_at),
        "views": link.views,
    }
