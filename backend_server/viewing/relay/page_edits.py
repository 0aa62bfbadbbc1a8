"""What is changed of Grafana's page for one link: the token exchanged, our script and style in its head. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

from backend_server.links import Link, LinkProfile
from backend_server.links.urls import PREFIX, SCRIPTS, state_path

from ..shown_dashboard import grafana_refresh_ms
from ..visits import Visit, frame_rules

_PAGE = '[data-testid="public-dashboard-scene-page"]'
# The bar holds logo and title in its first child, time and refresh pickers in the second.
_NO_TITLE = f"{_PAGE} > div:first-child > :first-child:not(:only-child){{visibility:hidden}}"
_NO_BAR = f"{_PAGE} > div:first-child{{display:none!important}}{_PAGE}{{padding-top:8px!important}}"
# A frame whose colour scheme differs from its page's gets an opaque ground from the browser.
_TRANSPARENT = (
    "html{color-scheme:normal!important}"
    f"html,body,#reactRoot,.grafana-app,.main-view,{_PAGE},{_PAGE} > div:first-child,"
    '[data-testid="public-dashboard-footer"]{background:transparent!important}'
)


@dataclass(frozen=True, slots=True)
class RealToken:
    """Grafana's own token of a dashboard, which must never reach a browser."""

    text: str = field(repr=False)

    def spellings(self) -> tuple[bytes, ...]:
        """Return the token as Grafana writes it, in capitals, and as a UUID with hyphens."""
        plain = self.text.lower()
        parts = (plain[:8], plain[8:12], plain[12:16], plain[16:20], plain[20:])
        hyphenated = "-".join(parts)
        return tuple(spelling.encode() for spelling in (plain, plain.upper(), hyphenated, hyphenated.upper()))

    def swapped(self, body: bytes, token: str) -> bytes:
        """Return a body with a link's token where the real one stands; one without it as it is."""
        for spelling in self.spellings():
            if spelling in body:
                body = body.replace(spelling, token.encode())
        return body


@dataclass(frozen=True, slots=True)
class PageEdits:
    """What one link's page differs by: its token, what is added to the head, and the visitor's language."""

    token: str
    head: str = ""
    locale: str = ""
    language: str = ""


def edits_for(link: Link, profile: LinkProfile, visit: Visit) -> PageEdits:
    """Return what changes for a link as a visitor sees it."""
    return PageEdits(link.token, _head(link, profile), visit.language, visit.chosen_language)


def relayed_style(profile: LinkProfile) -> str:
    """Return the rules for a link's page: its title bar and background; nothing in them comes from outside."""
    rules = []
    if not profile.chrome:
        rules.append(_NO_TITLE if profile.picker else _NO_BAR)
    if profile.transparent:
        rules.append(_TRANSPARENT)
    return "".join(rules)


def _below_prefix(path: str) -> str:
    return path.removeprefix(f"{PREFIX}/")


def _head(link: Link, profile: LinkProfile) -> str:
    # From the page's base, which is the prefix.
    script, state = _below_prefix(SCRIPTS), _below_prefix(state_path(link.token))
    return (
        f"<style>{relayed_style(profile)}</style>"
        f'<script src="{script}/relay.js" defer data-state="{escape(state)}" '
        f'data-refresh="{grafana_refresh_ms(profile)}" data-theme="{profile.theme.value}" '
        f'data-frame="{frame_rules(link.frame_ancestors)}"></script>'
    )
