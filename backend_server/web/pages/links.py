"""`/links`: every link with its state and use; `/links/{token}`: one link, its code, a live preview and its ledger.

Both are whole without scripts. What changes something is a call of the API from the page's script, by the API's rules.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue

from backend_server.accounts import Actor, Need, Role, Scope
from backend_server.errors import Gone, NotFound
from backend_server.links import NAMED_PROFILES, FoundLink, LinkState
from backend_server.links.urls import page_path
from backend_server.primitives.clock import epoch_ms, format_day
from backend_server.primitives.ids import is_link_token
from backend_server.primitives.words import link_state_words
from backend_server.registry import LinkQuery
from backend_server.settings import LinkTokens

from ..api.ledger.present import ledger_json
from ..api.links.present import link_json
from ..context import current_services, link_base
from ..own_urls import own_url
from .embed_code import embed_codes
from .shell import Paging, page, render

blueprint = Blueprint("links_pages", __name__)
PER_PAGE = 50
LEDGER_DAYS = 30
_READ = Need(Role.VIEWER, Scope.LINKS_READ)
_MOST_SUGGESTED = 200
STATES = tuple(state for state in LinkState if state is not LinkState.ROTATED)
UNUSED = (7, 30, 90)
# The audit's names in people's words.
ACTIONS = {
    "link.create": "Created",
    "link.edit": "Changed",
    "link.pause": "Paused",
    "link.resume": "Resumed",
    "link.rotate": "Rotated",
    "link.revoke": "Revoked",
}


@blueprint.get("/links")
@page(_READ)
def links(actor: Actor) -> ResponseReturnValue:
    """Show one page of links."""
    directory, now = current_services().links.directory, epoch_ms()
    search = request.args.get("search", "").strip()[:200]
    state = next((known for known in STATES if known.value == request.args.get("state")), None)
    unused = next((days for days in UNUSED if str(days) == request.args.get("unused_days")), None)
    paging = Paging.from_request(PER_PAGE)
    listed = directory.page(
        LinkQuery(state=state, search=search or None, unused_days=unused, page=paging.number, per_page=paging.per_page)
    )
    given = {"search": search, "state": state.value if state else "", "unused_days": unused or ""}
    kept = {name: value for name, value in given.items() if value}
    counts, links_on = directory.standing()
    return _html(
        "links.html",
        actor,
        rows=[_shown(link, now) for link in listed.items],
        counts=[(known.value, counts[known.value]) for known in STATES if counts.get(known.value)],
        total=listed.total,
        links_on=links_on,
        filtered=bool(kept),
        states=[known.value for known in STATES],
        unused=UNUSED,
        **paging.shown(listed.total, kept),
        suggestions=_suggestions() if actor.role.rank >= Role.EDITOR.rank else ((), ()),
        **given,
    )


@blueprint.get("/links/<token>")
@page(_READ)
def link(actor: Actor, token: str) -> ResponseReturnValue:
    """Show one link."""
    services, now = current_services(), epoch_ms()
    if not is_link_token(token):
        raise NotFound("There is no link with this token.")
    try:
        found = services.links.directory.get(token)
    except Gone as fault:
        moved = services.links.directory.find_slug(str(fault.details["slug"]))
        if moved is None:
            raise
        return redirect(own_url(f"/links/{moved.link.token}"), 303)  # rotated meanwhile, in another window perhaps
    ledger = ledger_json(services.ledger.of_link(found, LEDGER_DAYS), now)
    shown = _shown(found, now)
    return _html(
        "link.html",
        actor,
        row=shown,
        answer=link_json(found, link_base(), now),
        codes=embed_codes(str(shown["embed_url"]), found.title or found.link.slug),
        ledger=ledger,
        bars=_bars(ledger, now),
        links_on=found.links_on,
        action_words=ACTIONS,
    )


def _html(template: str, actor: Actor, **values: Any) -> Response:
    may_edit = actor.role.rank >= Role.EDITOR.rank
    derived = current_services().settings.link_tokens is LinkTokens.DERIVED
    return render(
        template,
        actor,
        entry="links" if may_edit else None,
        preview=True,
        may_edit=may_edit,
        derived=derived,
        profiles={name: profile.as_json() for name, profile in NAMED_PROFILES.items()},
        utc=_utc,
        words=link_state_words(),
        **values,
    )


def _shown(found: FoundLink, now_ms: int) -> dict[str, object]:
    """Return a link as the API does, and what only people need."""
    theme = found.link.profile.theme.value
    # Of our own origin whatever PUBLIC_URL says, so that the preview works before a proxy does.
    preview = own_url(f"{page_path(found.link.token)}?orgId=1&theme={theme}&preview=1")
    name = found.link.label or found.title or found.link.object_id
    return {
        **link_json(found, link_base(), now_ms),
        "title": found.title,
        "name": name,
        "preview_url": preview,
        "over": found.link.revoked_at is not None,
        "suspended": found.link.suspended_at is not None and found.link.revoked_at is None,
        "held": found.link.paused_at is not None,
        "last_seen_ms": found.link.last_seen_at,
        "created_ms": found.link.created_at,
    }


def _suggestions() -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """Return what a link may be made for: `(device id, hostname)` and `(document uid, title)` of the first ones."""
    services = current_services()
    devices = services.devices.list(state="active", per_page=_MOST_SUGGESTED).items
    documents = services.links.directory.other_documents(_MOST_SUGGESTED)
    return tuple((view.device.id, view.device.hostname) for view in devices), tuple(documents)


def _bars(ledger: dict[str, Any], now_ms: int) -> list[dict[str, object]]:
    """Return a bar per day, the oldest first, its height in twentieths of the highest."""
    days = {str(day["day"]): day for day in ledger["days"]}
    every = [format_day(now_ms - back * 86_400_000) for back in range(LEDGER_DAYS - 1, -1, -1)]
    views = [int(days[day]["views"]) if day in days else 0 for day in every]
    most = max([1, *views])
    return [
        {"day": day, "views": count, "height": -(-count * 20 // most)} for day, count in zip(every, views, strict=True)
    ]


def _utc(text: str) -> str:
    """Write an RFC 3339 time of UTC as people read it, to the minute."""
    return f"{text[:10]} {text[11:16]} UTC"
