"""What a link's profile changes of Grafana's page beyond its JSON: the title bar, and the background. Pure."""

from __future__ import annotations

from backend_server.links import LinkProfile

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


def relayed_style(profile: LinkProfile) -> str:
    """Return the rules for a link's page; nothing in them comes from outside."""
    rules = []
    if not profile.chrome:
        rules.append(_NO_TITLE if profile.picker else _NO_BAR)
    if profile.transparent:
        rules.append(_TRANSPARENT)
    return "".join(rules)
