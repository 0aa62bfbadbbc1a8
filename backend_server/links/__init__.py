"""What is handed out: a link's token, profile and life, and what a visitor may see now. Pure."""

from .derived import derived_slug, derived_token
from .editing import LinkEdit
from .link import NAMED_PROFILES, FoundLink, Link, LinkProfile, LinkState, Theme, link_state, profile_of_share
from .options import LinkOptions
from .profile import parse_profile
from .urls import embed_url, link_url, slug_url

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
