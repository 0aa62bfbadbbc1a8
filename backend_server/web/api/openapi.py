"""`/api/openapi.json`: the declarations as OpenAPI 3.1."""

from __future__ import annotations

from typing import cast

import orjson
from flask import Response, current_app
from flask_openapi3.openapi import OpenAPI

from backend_server.accounts import Role

from ..auth import needs
from .base import api_blueprint

blueprint = api_blueprint("openapi", "The API described to programs.")


@blueprint.get("/openapi.json", responses={200: {"content": {"application/json": {"schema": {"type": "object"}}}}})
@needs(Role.VIEWER)
def get_openapi() -> Response:
    """Return this description."""
    return Response(orjson.dumps(cast("OpenAPI", current_app).api_doc), mimetype="application/json")
