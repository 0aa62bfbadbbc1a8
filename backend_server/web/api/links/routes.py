"""`/api/links`: handing out, listing, changing, pausing, rotating and revoking links, and the switch for all."""

from __future__ import annotations

from flask import Response

from backend_server import registry
from backend_server.accounts import Role, Scope
from backend_server.links import FoundLink, LinkState
from backend_server.primitives.clock import epoch_ms

from ...auth import needs
from ...context import current_actor, current_services, link_base
from ...requests import body_may_be_left_out
from ..base import Message, api_blueprint, errors, json_response, page_response
from .present import link_json
from .schemas import AnyTokenPath, LinkAnswer, LinkEditBody, LinkList, LinkQuery, NewLink, Rotation, Switch, TokenPath

blueprint = api_blueprint("links", "What is handed out: links to dashboards, for an iframe or a browser.")


@blueprint.get("/links", responses={200: LinkList})
@needs(Role.VIEWER, Scope.LINKS_READ)
def list_links(query: LinkQuery) -> Response:
    """List links, newest first."""
    listed = current_services().links.directory.page(
        registry.LinkQuery(
            device=query.device,
            document=query.document,
            state=LinkState(query.state) if query.state else None,
            search=query.search,
            unused_days=query.unused_days,
            page=query.page,
            per_page=query.per_page,
        )
    )
    base, now = link_base(), epoch_ms()
    shown = [link_json(link, base, now) for link in listed.items]
    return page_response(shown, listed.total, query)


@blueprint.post("/links", responses={201: LinkAnswer, **errors(404, 409, 413, 415)})
@needs(Role.EDITOR, Scope.LINKS_WRITE)
def create_link(body: NewLink) -> Response:
    """Create a link to a device's dashboard or to a document."""
    return _shown(current_services().links.create(body.options(), current_actor().name), 201)


@blueprint.get("/links/switch", responses={200: Switch})
@needs(Role.VIEWER, Scope.LINKS_READ)
def get_switch() -> Response:
    """Whether links are on as a whole."""
    return json_response({"links_on": current_services().links.directory.standing()[1]})


@blueprint.post("/links/off", responses={200: Switch})
@needs(Role.EDITOR, Scope.LINKS_WRITE)
def turn_links_off() -> Response:
    """Turn all links off: visitors get 403 from the next request on, open pages show the notice. Repeatable."""
    current_services().links.switch(False, current_actor().name)
    return json_response({"links_on": False})


@blueprint.post("/links/on", responses={200: Switch})
@needs(Role.EDITOR, Scope.LINKS_WRITE)
def turn_links_on() -> Response:
    """Turn links on again; each is as it was before. Repeatable."""
    current_services().links.switch(True, current_actor().name)
    return json_response({"links_on": True})


@blueprint.get("/links/<token>", responses={200: LinkAnswer, **errors(404, 410)})
@needs(Role.VIEWER, Scope.LINKS_READ)
def get_link(path: TokenPath) -> Response:
    """Return one link; 410 for a token that was rotated out."""
    return _shown(current_services().links.directory.get(path.token))


@blueprint.patch("/links/<token>", responses={200: LinkAnswer, **errors(404, 409, 410, 413, 415)})
@needs(Role.EDITOR, Scope.LINKS_WRITE)
def edit_link(path: AnyTokenPath, body: LinkEditBody) -> Response:
    """Change a link; what is left out stays, null takes a field back."""
    return _shown(current_services().links.edit(path.token, body.edit(), current_actor().name))


@blueprint.post("/links/<token>/pause", responses={200: LinkAnswer, **errors(404, 409, 410)})
@needs(Role.EDITOR, Scope.LINKS_WRITE)
def pause_link(path: TokenPath) -> Response:
    """Pause a link: visitors get 403 from the next request on, open pages show the notice. Repeatable."""
    return _shown(current_services().links.pause(path.token, current_actor().name))


@blueprint.post("/links/<token>/resume", responses={200: LinkAnswer, **errors(404, 409, 410)})
@needs(Role.EDITOR, Scope.LINKS_WRITE)
def resume_link(path: TokenPath) -> Response:
    """Resume a paused link. Repeatable."""
    return _shown(current_services().links.resume(path.token, current_actor().name))


@blueprint.post("/links/<token>/rotate", responses={200: LinkAnswer, **errors(404, 409, 410, 413, 415)})
@needs(Role.EDITOR, Scope.LINKS_WRITE)
@body_may_be_left_out
def rotate_link(path: AnyTokenPath, body: Rotation) -> Response:
    """Replace a link's token. The slug stays; the old token answers 410 at once, or after `grace_seconds`."""
    grace = body.grace_seconds or 0
    return _shown(current_services().links.rotate(path.token, current_actor().name, grace_seconds=grace))


@blueprint.delete("/links/<token>", responses={200: Message, **errors(404, 409, 410)})
@needs(Role.EDITOR, Scope.LINKS_WRITE)
def revoke_link(path: TokenPath) -> Response:
    """Revoke a link for good: visitors get 410 from the next request on. Doing it again changes nothing."""
    current_services().links.revoke(path.token, current_actor().name)
    return json_response({"message": "The link is revoked."})


def _shown(found: FoundLink, status: int = 200) -> Response:
    return json_response(link_json(found, link_base(), epoch_ms()), status)
