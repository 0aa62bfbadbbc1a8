"""Where a link leads. `base` is the public address without a trailing slash, e.g. `https://dash.example.com`."""

from __future__ import annotations

from urllib.parse import quote

from .link import Link
from .profile import USUAL_REFRESH


def link_url(base: str, token: str) -> str:
    """Return the link's address, ending in a query, so that a frontend may append `&theme=dark&refresh=5s`."""
    return f"{base}/grafana/public-dashboards/{token}?orgId=1"


def embed_url(base: str, link: Link, own_refresh: str | None = None) -> str:
    """Return the address ready for an iframe: with the profile's theme, and its refresh or the document's own."""
    asked = link.profile.refresh or own_refresh or USUAL_REFRESH
    refresh = "" if asked == "off" else f"&refresh={quote(asked, safe='')}"
    return f"{link_url(base, link.token)}&theme={link.profile.theme.value}{refresh}"


def slug_url(base: str, slug: str) -> str:
    """Return the short, readable address of the same page."""
    return f"{base}/grafana/s/{slug}"
