"""The pages' own style sheets, script and icon, named by content, so that a browser keeps them for ever."""

from __future__ import annotations

import hashlib
from functools import cache

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from ..own_urls import own_url
from .built import fixed_file

blueprint = Blueprint("assets", __name__)

_CSS, _JS = "text/css; charset=utf-8", "text/javascript; charset=utf-8"
_TYPES = {"app.css": _CSS, "links.css": _CSS, "settings.css": _CSS, "app.js": _JS, "icon.svg": "image/svg+xml"}


@cache
def _asset(name: str) -> tuple[bytes, str]:
    body = fixed_file(name)
    return body, hashlib.sha256(body).hexdigest()[:12]


def asset_url(name: str) -> str:
    """Return the address of an asset, its content's hash included; without it where the pages are not built."""
    try:
        return own_url(f"/static/{name}?v={_asset(name)[1]}")
    except NotFound:
        return own_url(f"/static/{name}")


@blueprint.get("/static/<name>")
def asset(name: str) -> Response:
    """Serve one of our own assets; anonymous, since the sign-in page needs them."""
    return _answered(name)


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """Serve the icon where a browser asks for one by itself, as it does for what is no page."""
    return _answered("icon.svg")


def _answered(name: str) -> Response:
    if name not in _TYPES:
        raise NotFound
    body, version = _asset(name)
    answer = Response(body, content_type=_TYPES[name])
    current = request.args.get("v") == version
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable" if current else "no-cache"
    answer.set_etag(version)
    return answer.make_conditional(request)  # type: ignore[return-value]  # werkzeug gives back the same object
