"""What anonymous visitors reach: link pages, Grafana's four public routes, the raw data route, slugs, and their files.

Parses, calls `viewing`, answers. Everything a page needs lies below `/grafana/`, so a frontend may proxy that alone.
"""

from __future__ import annotations

import secrets
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup
from werkzeug.exceptions import RequestEntityTooLarge

from backend_server.viewing.admission import UNAVAILABLE, UNKNOWN
from backend_server.viewing.answers import Answer, bad_request, grafana_error
from backend_server.viewing.headers import PageKind, page_policy, public_headers
from backend_server.viewing.pages import NoticePage, Page, RelayedPage, ViewerPage
from backend_server.viewing.panel_requests import MAX_BODY_BYTES
from backend_server.viewing.visits import Visit, last_of_doubled
from backend_server.web.context import current_services

from .built import BuiltPages, PageFiles

_HERE = Path(__file__).parent
_ENTRY = "src/viewer/main.ts"
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_YEAR = "public, max-age=31536000, immutable"

blueprint = Blueprint("public", __name__, template_folder=str(_HERE))
built = BuiltPages(_HERE.parent / "static" / "dist")


@blueprint.get("/grafana/public-dashboards/<token>")
def page(token: str) -> Response:
    """Show the link's page."""
    visit = Visit(
        parameters=last_of_doubled(request.args.items(multi=True)),
        accept_language=request.headers.get("Accept-Language", "")[:200],
        own_origin=f"{request.scheme}://{request.host}",
        referer=request.headers.get("Referer", "")[:2000],
        fetch_dest=request.headers.get("Sec-Fetch-Dest", ""),
        is_probe=request.method == "HEAD",
    )
    return _page(current_services().viewing.page(token, visit))


@blueprint.get("/grafana/public-dashboards/<token>/state")
def state(token: str) -> Response:
    """Say how the link stands."""
    return _answer(current_services().viewing.state(token))


@blueprint.post("/grafana/public-dashboards/<token>/panels/<panel_id>/data")
def panel_data(token: str, panel_id: str) -> Response:
    """Answer a panel's data for our own page."""
    body = _body()
    return _answer(body if isinstance(body, Answer) else current_services().viewing.panel_data(token, panel_id, body))


@blueprint.get("/grafana/api/public/dashboards/<token>")
def dashboard(token: str) -> Response:
    """Answer the dashboard's JSON in Grafana's shape."""
    return _answer(current_services().viewing.dashboard(token))


@blueprint.get("/grafana/api/public/dashboards/<token>/annotations")
def annotation_list(token: str) -> Response:
    """Answer annotations in Grafana's shape."""
    given = last_of_doubled(request.args.items(multi=True))
    return _answer(current_services().viewing.annotations(token, given.get("from", ""), given.get("to", "")))


@blueprint.post("/grafana/api/public/dashboards/<token>/panels/<panel_id>/query")
def panel_query(token: str, panel_id: str) -> Response:
    """Answer a panel's data in Grafana's frames."""
    body = _body()
    if isinstance(body, Answer):
        return _answer(body)
    content_type = request.headers.get("Content-Type", "")
    return _answer(current_services().viewing.panel_query(token, panel_id, content_type, body))


@blueprint.get("/grafana/s/<slug>")
def slug(slug: str) -> Response:
    """Lead from the readable alias to the page below the same prefix."""
    return _to_page(slug, "../public-dashboards/")


@blueprint.get("/s/<slug>")
def short_slug(slug: str) -> Response:
    """Lead from the short alias to the page."""
    return _to_page(slug, "../grafana/public-dashboards/")


@blueprint.get("/grafana/dashwright/assets/<name>")
def viewer_file(name: str) -> Response:
    """Serve a built file of the viewer; its name holds its hash, so a browser keeps it for a year."""
    found = built.read(name, request.headers.get("Accept-Encoding", ""))
    if found is None:
        return _answer(grafana_error(404, "notFound", "There is no such file"))
    answer = Response(found.body, content_type=found.content_type)
    answer.headers["Cache-Control"] = _YEAR
    if found.encoding:
        answer.headers["Content-Encoding"] = found.encoding
    if found.varies:
        answer.headers["Vary"] = "Accept-Encoding"
    return answer


@blueprint.get("/grafana/dashwright/relay.js")
def relay_script() -> Response:
    """Serve the script that runs beside Grafana's page."""
    answer = Response(_text("relay.js"), content_type="text/javascript; charset=utf-8")
    answer.headers["Cache-Control"] = "public, max-age=300"
    return answer


@blueprint.get("/grafana/public/<path:path>")
def grafana_file(path: str) -> Response:
    """Serve a static file of Grafana's page; behind the edge nginx does it."""
    return _answer(current_services().viewing.asset(path))


def wrong_method(**_: str) -> Response:
    """Refuse a method a public address does not take, in Grafana's error shape."""
    allowed = {"POST"} if request.path.endswith(("/data", "/query")) else {"GET", "HEAD"}
    refusal = grafana_error(405, "methodNotAllowed", "This address does not take this method")
    answer = _answer(refusal)
    answer.headers["Allow"] = ", ".join(sorted(allowed))
    return answer


def _refuse_other_methods() -> None:
    post = ("<token>/panels/<panel_id>/data", "<token>/panels/<panel_id>/query")
    for rule in (
        "/grafana/public-dashboards/<token>",
        "/grafana/public-dashboards/<token>/state",
        "/grafana/public-dashboards/<token>/panels/<panel_id>/data",
        "/grafana/api/public/dashboards/<token>",
        "/grafana/api/public/dashboards/<token>/annotations",
        "/grafana/api/public/dashboards/<token>/panels/<panel_id>/query",
        "/grafana/s/<slug>",
        "/s/<slug>",
    ):
        taken = {"POST"} if rule.endswith(post) else {"GET"}
        blueprint.add_url_rule(rule, view_func=wrong_method, methods=sorted(_METHODS - taken))


_refuse_other_methods()


@blueprint.route("/grafana/api/<path:path>", methods=sorted(_METHODS))
@blueprint.route("/grafana/public-dashboards/<path:path>", methods=sorted(_METHODS))
def nothing_here(path: str) -> Response:
    """Refuse any other address of Grafana's API: only the public routes are open."""
    del path
    return _answer(grafana_error(404, "notFound", "Not found"))


def _to_page(slug_text: str, prefix: str) -> Response:
    token = current_services().viewing.token_of_slug(slug_text) if len(slug_text) <= 64 else None
    if token is None:
        return _page(NoticePage(UNKNOWN))
    given = [pair for pair in parse_qsl(request.query_string.decode("ascii", "ignore")) if pair[0] != "orgId"]
    answer = Response(status=302)
    # Relative, so that it also leads right when a frontend proxies the prefix under another host.
    answer.headers["Location"] = f"{prefix}{token}?{urlencode([('orgId', '1'), *given])}"
    answer.headers.update(public_headers())
    return answer


def _body() -> bytes | Answer:
    if (request.content_length or 0) > MAX_BODY_BYTES:
        return bad_request()
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        return bad_request()


def _answer(found: Answer) -> Response:
    answer = Response(found.body, found.status, content_type=found.content_type)
    answer.headers.update(public_headers())
    answer.headers.update(found.headers)
    return answer


def _page(found: Page) -> Response:
    if isinstance(found, ViewerPage):
        files = built.files_of(_ENTRY)
        if files is None:
            return _notice(NoticePage(UNAVAILABLE, found.theme, found.transparent, found.frame_ancestors))
        return _html(_viewer(found, files), 200, page_policy(PageKind.OWN, found.frame_ancestors))
    if isinstance(found, RelayedPage):
        return _html(found.html, 200, page_policy(PageKind.RELAYED, found.frame_ancestors))
    return _notice(found)


def _viewer(found: ViewerPage, files: PageFiles) -> str:
    return render_template(
        "public/viewer.html",
        title=found.title,
        language=found.language,
        theme=found.theme.value,
        transparent=found.transparent,
        script=f"/grafana/dashwright/assets/{files.script}",
        preloads=[f"/grafana/dashwright/assets/{name}" for name in files.preloads],
        styles=[f"/grafana/dashwright/assets/{name}" for name in files.styles],
        data=Markup(_in_script(found.data)),  # noqa: S704 - escaped for a script element just here
    )


def _notice(found: NoticePage) -> Response:
    nonce = secrets.token_urlsafe(12)
    refusal = found.refusal
    html = render_template(
        "public/notice.html",
        title=refusal.title,
        text=refusal.text,
        reason=refusal.reason,
        retry_seconds=refusal.retry_seconds,
        theme=found.theme.value,
        transparent=found.transparent,
        nonce=nonce,
        style=Markup(_text("notice.css")),  # noqa: S704 - our own file
    )
    answer = _html(html, refusal.status, page_policy(PageKind.OWN, found.frame_ancestors, nonce=nonce))
    if refusal.retry_seconds is not None:
        answer.headers["Retry-After"] = str(refusal.retry_seconds)
    return answer


def _html(body: str | bytes, status: int, policy: str) -> Response:
    answer = Response(body, status, content_type="text/html; charset=utf-8")
    answer.headers.update(public_headers())
    answer.headers["Content-Security-Policy"] = policy
    return answer


@cache
def _text(name: str) -> str:
    return (_HERE / "public" / name).read_text(encoding="utf-8")


def _in_script(data: bytes) -> str:
    """Escape JSON so that nothing in it can end the script element it stands in."""
    text = data.decode()
    for letter, escaped in _ESCAPES.items():
        text = text.replace(letter, escaped)
    return text


_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
