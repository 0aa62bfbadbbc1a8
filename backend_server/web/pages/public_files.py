"""Files that visitors' pages load: the viewer's own, our scripts, and Grafana's where no nginx stands before us."""

from __future__ import annotations

from flask import Blueprint, Response, request

from backend_server.links.urls import ASSETS, GRAFANA_FILES, ICON, SCRIPTS
from backend_server.primitives.shipped import built as built_path
from backend_server.viewing.answers import grafana_error
from backend_server.viewing.model import Answer

from ..context import current_services
from ..public_headers import PUBLIC_HEADERS
from .built import BuiltPages, fixed_file, takes_gzip

_YEAR = "public, max-age=31536000, immutable"
# Short, since the names stay and hosts hold them in their pages.
_MINUTES = "public, max-age=300"

blueprint = Blueprint("files", __name__)
built = BuiltPages(built_path())


@blueprint.get(f"{ASSETS}/<name>")
def viewer_file(name: str) -> Response:
    """Serve a built file of the viewer; its name holds its hash, so a browser keeps it for a year."""
    found = built.read(name, request.headers.get("Accept-Encoding", ""))
    if found is None:
        return _answer(grafana_error(404, "notFound", "There is no such file"))
    answer = Response(found.body, content_type=found.content_type)
    answer.headers["Cache-Control"] = _YEAR
    answer.headers["Access-Control-Allow-Origin"] = "*"  # modules and fonts of a sandboxed frame, as at the edge
    if found.encoding:
        answer.headers["Content-Encoding"] = found.encoding
    if found.varies:
        answer.headers["Vary"] = "Accept-Encoding"
    return answer


@blueprint.get(f"{SCRIPTS}/relay.js")
def relay_script() -> Response:
    """Serve the script that runs beside Grafana's page."""
    return _script("relay.js")


@blueprint.get(f"{SCRIPTS}/notice.js")
def notice_script() -> Response:
    """Serve the script of the small page that stands for a dashboard which cannot be shown."""
    return _script("notice.js")


@blueprint.get(ICON)
def icon() -> Response:
    """Serve the icon of visitors' pages."""
    answer = _script("icon.svg")
    answer.headers["Content-Type"] = "image/svg+xml"
    return answer


@blueprint.get(f"{SCRIPTS}/embed.js")
def embed_script() -> Response:
    """Serve the script that host pages use, from whatever origin they are."""
    answer = _script("embed.js")
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


@blueprint.get(f"{GRAFANA_FILES}/<path:path>")
def grafana_file(path: str) -> Response:
    """Serve a static file of Grafana's page; behind the edge nginx does it."""
    gzip = takes_gzip(request.headers.get("Accept-Encoding", ""))
    return _answer(current_services().viewing.file(path, gzip=gzip))


def _script(name: str) -> Response:
    answer = Response(fixed_file(name), content_type="text/javascript; charset=utf-8")
    answer.headers["Cache-Control"] = _MINUTES
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _answer(found: Answer) -> Response:
    answer = Response(found.body, found.status, content_type=found.content_type)
    answer.headers.update(PUBLIC_HEADERS)
    answer.headers.update(found.headers)
    return answer
