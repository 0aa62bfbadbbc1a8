"""Who is calling, decided before anything else of a request is read.

An API token (`Authorization: Bearer dw_…`), a host platform's JSON Web Token (likewise) or the session cookie of a
signed-in person. A write with a cookie also needs the CSRF token, since a browser sends the cookie along for any site.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from typing import TypeVar, cast

from flask import Flask, current_app, g, request, session
from flask.sessions import SecureCookieSessionInterface

from backend_server.accounts import Actor, Need, Role, Scope
from backend_server.errors import Forbidden, Unauthenticated

from .context import current_services
from .edge_headers import CLIENT, DIRECT, is_loopback

View = TypeVar("View", bound=Callable[..., object])

_NEED = "__need__"
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER = "X-CSRF-Token"


class BadCsrfToken(Forbidden):
    """A write came with a session cookie and without the session's CSRF token (403)."""

    code = "csrf"


class SessionCookies(SecureCookieSessionInterface):
    """The session's cookie is `Secure` whenever the visitor came by https, also behind the edge.

    It is kept for the path below which we are proxied. By https and without such a path it is a `__Host-` cookie, which
    no other host of the domain can set.
    """

    def get_cookie_name(self, app: Flask) -> str:
        """Return the cookie's name for the way the visitor came."""
        name = super().get_cookie_name(app)
        return f"__Host-{name}" if request.is_secure and self.get_cookie_path(app) == "/" else name

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002, RUF100 - Flask's signature
        return request.is_secure


def has_session_cookie() -> bool:
    """Whether the request came with a session's cookie; only then a session is looked at."""
    return current_app.session_interface.get_cookie_name(current_app) in request.cookies


def needs(role: Role, scope: Scope | None = None) -> Callable[[View], View]:
    """Declare what a route asks of its caller; to stand below the route decorator."""

    def mark(view: View) -> View:
        setattr(view, _NEED, Need(role, scope))
        return view

    return mark


def need_of(app: Flask, endpoint: str) -> Need | None:
    """Return what a route asks; None = it is open or decides by itself."""
    found = getattr(app.view_functions.get(endpoint), _NEED, None)
    return found if isinstance(found, Need) else None


def register_auth(app: Flask) -> None:
    """Check every request against its route's need before its body is read."""
    app.before_request(_authorise)


def signed_in() -> Actor | None:
    """Return who is calling, if anybody; raises Unauthenticated for an invalid token."""
    if "actor" not in g:
        g.actor = _identify()
    return cast("Actor | None", g.actor)


def csrf_token() -> str:
    """Return this session's CSRF token, making it at the first use."""
    if "csrf" not in session:
        session["csrf"] = secrets.token_urlsafe(24)
    return str(session["csrf"])


def check_csrf(given: str | None) -> None:
    """Raise BadCsrfToken unless the given text is this session's token."""
    wanted = session.get("csrf")
    if not isinstance(wanted, str) or not given or not hmac.compare_digest(wanted.encode(), given.encode()):
        raise BadCsrfToken("The page's protection token is missing or old; load the page again and repeat.")


def client_address() -> str:
    """Return the visitor's address, the edge's word for it included."""
    return str(request.environ.get(CLIENT, "unknown"))


def is_direct_loopback() -> bool:
    """Whether the caller is on this machine and nobody forwarded the request."""
    return bool(request.environ.get(DIRECT)) and is_loopback(client_address())


def _authorise() -> None:
    if request.endpoint is None:
        return
    need = need_of(current_app, request.endpoint)
    if need is None:
        return
    actor = signed_in()
    if actor is None:
        raise Unauthenticated("Sign in, or send an API token as 'Authorization: Bearer …'.")
    actor.check(need)
    if actor.by_session and request.method not in _READS:
        check_csrf(request.headers.get(CSRF_HEADER))


def _identify() -> Actor | None:
    services = current_services()
    accounts = services.accounts
    header = request.headers.get("Authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        token = token.strip() if scheme.lower() == "bearer" else ""
        found = accounts.actor_of_token(token) if token else None
        if found is None and services.host_tokens is not None and token.count(".") == 2:
            return services.host_tokens.actor_of(token)
        if found is None:
            raise Unauthenticated("The API token is unknown, expired or revoked; make a new one.")
        return found
    if not has_session_cookie():
        return None  # without looking at the session no answer varies by cookie
    name, version = session.get("user"), session.get("version")
    return accounts.actor_of_session(name, version) if isinstance(name, str) and isinstance(version, int) else None
