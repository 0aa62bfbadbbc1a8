"""What is handed out: a link's token, profile and life, and what a visitor may see now. Pure."""

from backend_server.links.derived import derived_slug, derived_token
from backend_server.links.editing import LinkEdit
from backend_server.links.link import FoundLink, Link
from backend_server.links.options import LinkOptions
from backend_server.links.profile import NAMED_PROFILES, LinkProfile, Theme, parse_profile, profile_of_share
from backend_server.links.state import LinkState, link_state
from backend_server.links.urls import embed_url, link_url, slug_url

__all__ = [
    "NAMED_PROFILES",
    "FoundLink",
    "Link",
    "LinkEdit",
    "LinkOptions",
    "LinkProfile",
    "LinkState",
    "Theme",
    "derived_slug",
    "derived_token",
    "embed_url",
    "link_state",
    "link_url",
    "parse_profile",
    "profile_of_share",
    "slug_url",
]
