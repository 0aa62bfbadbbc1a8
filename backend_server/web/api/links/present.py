"""Links in the API's words."""

from __future__ import annotations

from backend_server.links import FoundLink, embed_url, link_url, slug_url
from backend_server.links.fields import shown_field
from backend_server.primitives.clock import format_ms


def link_json(found: FoundLink, base: str, now_ms: int) -> dict[str, object]:
    """Return a link as the links' routes answer it."""
    link = found.link
    return {
        "token": link.token,
        "slug": link.slug,
        "url": link_url(base, link.token),
        "embed_url": embed_url(base, link, found.own_refresh),
        "slug_url": slug_url(base, link.slug),
        "state": found.state(now_ms).value,
        **link.points_at,
        "slot": link.slot,
        "document_uid": link.document_uid,
        "is_default": link.is_default,
        **{name: shown_field(name, value) for name, value in link.own_fields.items()},
        "profile": link.profile.as_json(),
        "has_password": link.password_hash is not None,
        "created_by": link.created_by,
        "created_at": format_ms(link.created_at),
        "updated_at": format_ms(link.updated_at),
        "first_seen_at": format_ms(link.first_seen_at),
        "last_seen_at": format_ms(link.last_seen_at),
        "views": link.views,
    }
