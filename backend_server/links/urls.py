"""Where a link leads, and every public path: all of them lie below one prefix, which a frontend may proxy alone.

`base` is the public address without a trailing slash, e.g. `https://dash.example.com`.
"""

from __future__ import annotations

from urllib.parse import quote

from backend_server.documents.refresh import USUAL_REFRESH

from .link import Link

PREFIX = "/grafana"
# Where the pages of links lie, and Grafana's routes of a public dashboard, which are answered for links.
PAGES = f"{PREFIX}/public-dashboards"
DASHBOARDS = f"{PREFIX}/api/public/dashboards"
GRAFANA_API = f"{PREFIX}/api"
GRAFANA_FILES = f"{PREFIX}/public"
# Readable aliases of pages.
SLUGS = f"{PREFIX}/s"
SHORT_SLUGS = "/s"
# What visitors' paths begin with.
PUBLIC = (f"{PREFIX}/", f"{SHORT_SLUGS}/")
# What our own pages and scripts load.
SCRIPTS = f"{PREFIX}/dashwright"
ICON = f"{SCRIPTS}/icon.svg"
ASSETS = f"{SCRIPTS}/assets"


def link_url(base: str, token: str) -> str:
    """Return the link's address, ending in a query, so that a frontend may append `&theme=dark&refresh=5s`."""
    return f"{base}{page_path(token)}?orgId=1"


def embed_url(base: str, link: Link, own_refresh: str | None = None) -> str:
    """Return the address ready for an iframe: with the profile's theme, and its refresh or the document's own."""
    asked = link.profile.refresh or own_refresh or USUAL_REFRESH
    refresh = "" if asked == "off" else f"&refresh={quote(asked, safe='')}"
    return f"{link_url(base, link.token)}&theme={link.profile.theme.value}{refresh}"


def slug_url(base: str, slug: str) -> str:
    """Return the short, readable address of the same page."""
    return f"{base}{SLUGS}/{slug}"


def page_path(token: str) -> str:
    """Return the path of a link's page."""
    return f"{PAGES}/{token}"


def state_path(token: str) -> str:
    """Return the path that answers with a link's state."""
    return f"{PAGES}/{token}/state"


def page_relative(path: str) -> str:
    """Return a path below `PREFIX` as a link's page names it, whatever path the prefix itself is proxied below."""
    return f"..{path.removeprefix(PREFIX)}"


def data_path(token: str, panel_id: str) -> str:
    """Return the path of our raw data route."""
    return f"{PAGES}/{token}/panels/{panel_id}/data"
