"""`/api/links`: handing out, listing and revoking links."""

from __future__ import annotations

from flask import Response, request

from backend_server.accounts import Role, Scope
from backend_server.links import LinkOptions, LinkState
from backend_server.primitives.clock import epoch_ms
from backend_server.registry.views import link_json
from backend_server.settings import LinkTokens
from backend_server.web.api.declare import api_blueprint, declares, errors, json_answer, page_answer
from backend_server.web.api.paging import list_address
from backend_server.web.api.schemas import LinkAnswer, LinkList, LinkQuery, Message, NewLink, TokenPath
from backend_server.web.auth import needs
from backend_server.web.context import current_actor, current_services, link_base

blueprint = api_blueprint("links", "What is handed out: links to dashboards, for an iframe or a browser.")


@blueprint.get("/links", responses={200: LinkList})
@needs(Role.VIEWER, Scope.LINKS_READ)
def list_links(query: LinkQuery) -> Response:
    """List links, newest first."""
    found = current_services().links.list(
        device=query.device,
        document=query.document,
        state=LinkState(query.state) if query.state else None,
        unused_days=query.unused_days,
    )
    newest, start = list(reversed(found)), (query.page - 1) * query.per_page
    base, now = link_base(), epoch_ms()
    shown = [link_json(one, base, now) for one in newest[start : start + query.per_page]]
    return page_answer(shown, total=len(found), page=query.page, per_page=query.per_page, **list_address())


@blueprint.post("/links", responses={201: LinkAnswer, **errors(404, 409, 413, 415)})
@needs(Role.EDITOR, Scope.LINKS_WRITE)
@declares(body=NewLink)
def create_link() -> Response:
    """Hand out a new link to a device's dashboard or to a document."""
    services = current_services()
    derived = services.settings.link_tokens is LinkTokens.DERIVED
    options = LinkOptions.from_json(request.get_json(), derived_tokens=derived)
    found = services.links.create(options, current_actor().name)
    return json_answer(link_json(found, link_base(), epoch_ms()), 201)


@blueprint.get("/links/<token>", responses={200: LinkAnswer, **errors(404)})
@needs(Role.VIEWER, Scope.LINKS_READ)
def get_link(path: TokenPath) -> Response:
    """Give one link."""
    found = current_services().links.get(path.token)
    return json_answer(link_json(found, link_base(), epoch_ms()))


@blueprint.delete("/links/<token>", responses={200: Message, **errors(404, 409)})
@needs(Role.EDITOR, Scope.LINKS_WRITE)
def revoke_link(path: TokenPath) -> Response:
    """Revoke a link for good: visitors get 410 from the next request on. Doing it again changes nothing."""
    current_services().links.revoke(path.token, current_actor().name)
    return json_answer({"message": "The link is revoked."})
