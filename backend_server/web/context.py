"""The context of a view: the services, the caller, the base of links, the request's id."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from flask import current_app, g, request
from werkzeug.exceptions import BadRequest

from backend_server.accounts import Actor
from backend_server.errors import Unauthenticated

from .edge_headers import is_host

if TYPE_CHECKING:
    from backend_server.wiring.record import Services

    from .waiting import WaitingRoom

SERVICES = "dashwright.services"
WAITING = "dashwright.waiting"
HEALTH = "dashwright.health"
LINK_BASE = "DASHWRIGHT_LINK_BASE"


def current_services() -> Services:
    """Return the services the application was made with."""
    return cast("Services", current_app.extensions[SERVICES])


def waiting_room() -> WaitingRoom:
    """Return the room in which `?wait=` requests wait."""
    return cast("WaitingRoom", current_app.extensions[WAITING])


def current_actor() -> Actor:
    """Return who is calling; raises Unauthenticated on a route that asked for nobody."""
    actor = getattr(g, "actor", None)
    if not isinstance(actor, Actor):
        raise Unauthenticated("Sign in, or send an API token as 'Authorization: Bearer …'.")
    return actor


def request_id() -> str:
    """Return this request's id, which stands in its log line, its answer's header and in every error."""
    return str(getattr(g, "request_id", ""))


def base_path() -> str:
    """Return the path below which `PUBLIC_URL` says that we are proxied, without a trailing slash; empty for none."""
    return urlsplit(current_app.config.get(LINK_BASE) or "").path


def link_base() -> str:
    """Return what links start with, without a trailing slash: `PUBLIC_URL`, else this request's scheme and host."""
    configured = current_app.config[LINK_BASE]
    if configured:
        return str(configured)
    if not is_host(request.host):
        raise BadRequest("The Host header is not a host name.")
    return f"{request.scheme}://{request.host}"
