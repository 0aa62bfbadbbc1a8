"""What anonymous visitors reach: link pages, Grafana's four public routes, the raw data route, and slugs.

Parses, calls `viewing`, answers. Everything a page needs lies below `/grafana/`, so a frontend may proxy that alone.
"""

from __future__ import annotations

import secrets
from urllib.parse import parse_qsl, quote, urlencode

from flask import Blueprint, Response, current_app, render_template, request
from markupsafe import Markup
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from backend_server.errors import UpstreamError
from backend_server.links.urls import (
    ASSETS,
    DASHBOARDS,
    GRAFANA_API,
    ICON,
    PAGES,
    PREFIX,
    SCRIPTS,
    SHORT_SLUGS,
    SLUGS,
    state_path,
)
from backend_server.primitives.html_json import script_json
from backend_server.viewing.admission import UNAVAILABLE, UNKNOWN
from backend_server.viewing.answers import bad_request, grafana_error, grafana_json
from backend_server.viewing.model import Answer, NoticePage, Page, RelayedPage, Unlocked, ViewerPage
from backend_server.viewing.panel_requests import MAX_BODY_BYTES
from backend_server.viewing.passwords import proof_cookie
from backend_server.viewing.visits import Visit, last_of_doubled

from ..auth import client_address, signed_in
from ..context import base_path, current_services
from ..own_urls import own_url
from ..public_headers import PUBLIC_HEADERS, PageKind, page_policy
from . import public_files
from .built import PageFiles, fixed_file

_ENTRY = "src/pages/viewer/main.ts"
_DRAWING = "src/charts/kinds/parts.ts"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_FORM = "application/x-www-form-urlencoded"
# No routes of visitors: with another method they are not there, as without Grafana.
_OF_GRAFANA_ALONE = ("public.grafana_health", "public.empty_list")

blueprint = Blueprint("public", __name__)
blueprint.register_blueprint(public_files.blueprint)


@blueprint.get(f"{PAGES}/<token>")
def page(token: str) -> Response:
    """Show the link's page."""
    return _page(current_services().viewing.page(token, _visit(token)))


@blueprint.get(f"{PAGES}/<text>/")
@blueprint.get(f"{SLUGS}/<text>/")
@blueprint.get(f"{SHORT_SLUGS}/<text>/")
def with_a_slash(text: str) -> Response:
    """Lead from an address that somebody ended with a slash to the one that was meant."""
    answer = Response(status=302)
    query = request.query_string.decode("ascii", "ignore")
    answer.headers["Location"] = f"../{quote(text, safe='')}" + (f"?{query}" if query else "")
    answer.headers.update(PUBLIC_HEADERS)
    return answer


@blueprint.post(f"{PAGES}/<token>")
def unlock(token: str) -> Response:
    """Check the password of a protected link, then lead to its page."""
    body = _body()
    if isinstance(body, Answer) or request.mimetype != _FORM:
        return _answer(bad_request())
    password = dict(parse_qsl(body.decode("utf-8", "replace"))).get("password", "")
    found = current_services().viewing.unlock(token, _visit(token), password, client_address())
    if not isinstance(found, Unlocked):
        return _page(found)
    answer = Response(status=303)
    query = request.query_string.decode("ascii", "ignore")
    answer.headers["Location"] = f"{token}?{query}" if query else token
    answer.headers.update(PUBLIC_HEADERS)
    # In a frame on another site a browser sends back only a cookie that says so, and that needs https.
    secure = request.is_secure
    answer.set_cookie(
        found.cookie,
        found.proof,
        max_age=found.keep_seconds,
        path=f"{base_path()}{PREFIX}/",
        httponly=True,
        secure=secure,
        samesite="None" if secure else "Lax",
        partitioned=secure,
    )
    return answer


@blueprint.get(f"{PAGES}/<token>/state")
def state(token: str) -> Response:
    """Answer with the link's state."""
    return _answer(current_services().viewing.state(token, _proof(token)))


@blueprint.post(f"{PAGES}/<token>/panels/<panel_id>/data")
def panel_data(token: str, panel_id: str) -> Response:
    """Answer a panel's data for our own page."""
    body = _body()
    if isinstance(body, Answer):
        return _answer(body)
    return _answer(current_services().viewing.panel_data(token, panel_id, body, _proof(token)))


@blueprint.get(f"{DASHBOARDS}/<token>")
def dashboard(token: str) -> Response:
    """Answer the dashboard's JSON in Grafana's shape."""
    given = last_of_doubled(request.args.items(multi=True))
    return _answer(current_services().viewing.dashboard(token, given, _proof(token)))


@blueprint.get(f"{DASHBOARDS}/<token>/annotations")
def annotation_list(token: str) -> Response:
    """Answer annotations in Grafana's shape."""
    return _answer(current_services().viewing.annotations(token, _proof(token)))


@blueprint.post(f"{DASHBOARDS}/<token>/panels/<panel_id>/query")
def panel_query(token: str, panel_id: str) -> Response:
    """Answer a panel's data in Grafana's frames."""
    body = _body()
    if isinstance(body, Answer):
        return _answer(body)
    content_type = request.headers.get("Content-Type", "")
    return _answer(current_services().viewing.panel_query(token, panel_id, content_type, body, _proof(token)))


@blueprint.get(f"{SLUGS}/<slug>")
def slug(slug: str) -> Response:
    """Lead from the readable alias to the page below the same prefix."""
    return _to_page(slug, f"..{PAGES.removeprefix(PREFIX)}/")


@blueprint.get(f"{SHORT_SLUGS}/<slug>")
def short_slug(slug: str) -> Response:
    """Lead from the short alias to the page."""
    return _to_page(slug, f"..{PAGES}/")


@blueprint.get(f"{GRAFANA_API}/health")
def grafana_health() -> Response:
    """Answer with Grafana's health in its own shape, without its version; behind the edge nginx asks it itself."""
    grafana = current_services().grafana
    if grafana is None:
        return _not_found()
    try:
        with current_services().fetches.waiting():
            health = grafana.health()
    except UpstreamError:
        return _answer(grafana_error(503, "unavailable", "Grafana does not answer"))
    shown = {"database": "ok" if health.ok else "failing"}
    return _answer(grafana_json(shown, 200 if health.ok else 503))


@blueprint.get(f"{GRAFANA_API}/<any(annotations, search, plugins):_list>")
def empty_list(_list: str) -> Response:
    """Answer what lists of dashboards, annotations and news on Grafana's page ask: a visitor has none of them."""
    return _not_found() if current_services().grafana is None else _answer(grafana_json([]))


@blueprint.route(f"{GRAFANA_API}/<path:path>", methods=_METHODS)
@blueprint.route(f"{PAGES}/<path:path>", methods=_METHODS)
def nothing_here(path: str) -> Response:
    """Refuse any other address of Grafana's API and any other method: only the public routes are open."""
    del path
    if allowed := _methods_of_this_address():
        raise MethodNotAllowed(allowed)
    return _not_found()


def _not_found() -> Response:
    return _answer(grafana_error(404, "notFound", "Not found"))


def _methods_of_this_address() -> list[str]:
    """Return the methods another route takes at this address."""
    routes = current_app.url_map.bind_to_environ(request.environ)

    def is_taken(method: str) -> bool:
        try:
            return routes.match(method=method)[0] not in (request.endpoint, *_OF_GRAFANA_ALONE)
        except HTTPException:
            return False

    return [method for method in _METHODS if is_taken(method)]


def _to_page(slug_text: str, prefix: str) -> Response:
    found = current_services().links.directory.find_slug(slug_text)
    if found is None:
        return _page(NoticePage(UNKNOWN))
    given = [pair for pair in parse_qsl(request.query_string.decode("ascii", "ignore")) if pair[0] != "orgId"]
    answer = Response(status=302)
    # Relative, so that it also leads right when a frontend proxies the prefix under another host.
    answer.headers["Location"] = f"{prefix}{found.link.token}?{urlencode([('orgId', '1'), *given])}"
    answer.headers.update(PUBLIC_HEADERS)
    return answer


def _visit(token: str) -> Visit:
    return Visit(
        parameters=last_of_doubled(request.args.items(multi=True)),
        accept_language=request.headers.get("Accept-Language", "")[:200],
        own_origin=f"{request.scheme}://{request.host}",
        referer=request.headers.get("Referer", "")[:2000],
        fetch_dest=request.headers.get("Sec-Fetch-Dest", ""),
        proof=_proof(token),
        is_probe=request.method == "HEAD" or _is_preview(),
    )


def _is_preview() -> bool:
    """Whether somebody who is signed in looks at a link on its own page; only then a session is looked at."""
    given = "preview" in request.args and "Cookie" in request.headers and "Authorization" not in request.headers
    return given and signed_in() is not None


def _proof(token: str) -> str:
    """Return what the browser keeps of a protected link; most requests carry no cookie at all."""
    if "Cookie" not in request.headers:
        return ""
    return request.cookies.get(proof_cookie(token), "")


def _body() -> bytes | Answer:
    if (request.content_length or 0) > MAX_BODY_BYTES:
        return bad_request()
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        return bad_request()


def _answer(found: Answer) -> Response:
    answer = Response(found.body, found.status, content_type=found.content_type)
    answer.headers.update(PUBLIC_HEADERS)
    answer.headers.update(found.headers)
    return answer


def _page(found: Page) -> Response:
    if isinstance(found, ViewerPage):
        files = public_files.built.files_of(_ENTRY, _DRAWING)
        if files is None:
            return _notice(NoticePage(UNAVAILABLE, found.theme, found.transparent, found.frame_ancestors))
        return _html(_viewer(found, files), 200, page_policy(PageKind.OWN, found.frame_ancestors))
    if isinstance(found, RelayedPage):
        return _html(found.html, 200, page_policy(PageKind.RELAYED, found.frame_ancestors))
    return _notice(found)


def _viewer(found: ViewerPage, files: PageFiles) -> str:
    return render_template(
        "viewer.html",
        title=found.title,
        language=found.language,
        theme=found.theme.value,
        transparent=found.transparent,
        script=own_url(f"{ASSETS}/{files.script}"),
        preloads=[own_url(f"{ASSETS}/{name}") for name in files.preloads],
        styles=[own_url(f"{ASSETS}/{name}") for name in files.styles],
        icon=own_url(ICON),
        data=Markup(script_json(found.data)),  # noqa: S704 - escaped for a script element just here
    )


def _notice(found: NoticePage) -> Response:
    nonce = secrets.token_urlsafe(12)
    refusal = found.refusal
    html = render_template(
        "notice.html",
        title=refusal.words.title,
        text=refusal.words.text,
        reason=refusal.reason,
        retry_seconds=refusal.retry_seconds,
        asks_password=refusal.asks_password,
        script=own_url(f"{SCRIPTS}/notice.js"),
        state_url=own_url(state_path(found.token)) if found.token else "",
        icon=own_url(ICON),
        theme=found.theme.value,
        transparent=found.transparent,
        nonce=nonce,
        style=Markup(fixed_file("notice.css").decode()),  # noqa: S704 - our own file
    )
    answer = _html(html, refusal.status, page_policy(PageKind.OWN, found.frame_ancestors, nonce=nonce))
    if refusal.retry_seconds is not None:
        answer.headers["Retry-After"] = str(refusal.retry_seconds)
    return answer


def _html(body: str | bytes, status: int, policy: str) -> Response:
    answer = Response(body, status, content_type="text/html; charset=utf-8")
    answer.headers.update(PUBLIC_HEADERS)
    answer.headers["Content-Security-Policy"] = policy
    return answer
