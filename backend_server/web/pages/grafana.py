"""Grafana's own pages for signed-in people: nginx asks here as whom, and sends here who is not signed in."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue

from backend_server.accounts.model import GRAFANA_USERS
from backend_server.errors import Forbidden, NotFound, Unauthenticated
from backend_server.links.urls import PREFIX
from backend_server.viewing.visits import origin_of

from ..auth import signed_in
from ..context import current_services
from ..own_urls import own_url

blueprint = Blueprint("grafana", __name__)
USER_HEADER = "X-Dashwright-Grafana-User"
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


@blueprint.get("/internal/grafana-user")
def grafana_user() -> Response:
    """Answer nginx with the Grafana user of a signed-in person's request; 401 for everybody else.

    API tokens open our API and not Grafana. A browser sends the session's cookie for pages of a sister site too, so
    what writes must come from our own pages.
    """
    actor = signed_in()
    if actor is None or not actor.by_session:
        raise Unauthenticated("Sign in to see Grafana's own pages.")
    origin = request.headers.get("Origin")
    if request.headers.get("X-Asked-Method", "GET") not in _READS and not _is_ours(origin):
        raise Forbidden("A page of another site may not change anything here.")
    return Response(status=204, headers={USER_HEADER: GRAFANA_USERS[actor.role]})


@blueprint.get(PREFIX, strict_slashes=False)
@blueprint.get(f"{PREFIX}/<path:path>")
def not_signed_in(path: str = "") -> ResponseReturnValue:
    """Redirect a person to the sign-in page and back; for programs, and where there is no Grafana, 404."""
    del path
    reads_pages = request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"
    if not reads_pages or signed_in() is not None:
        raise NotFound("There is nothing at this address.")
    asked = request.full_path.rstrip("?")
    # A longer one would not be gone back to (`sign_in`), nor fit into a header.
    back = {"next": asked if len(asked) <= 500 else request.path[:500]}
    return redirect(own_url("/login?" + urlencode(back)), 303)


def _is_ours(origin: str | None) -> bool:
    """Whether a page of ours says so: of this request's own address, or of the one that people use."""
    ours = {origin_of(f"{request.scheme}://{request.host}"), origin_of(current_services().settings.base_url or "")}
    return origin is not None and origin_of(origin) in ours - {""}
