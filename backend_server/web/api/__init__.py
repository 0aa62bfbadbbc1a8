"""The JSON API below `/api`."""

from __future__ import annotations

from flask_openapi3.openapi import OpenAPI

from backend_server.web.api import accounts, devices, links, openapi, plan, prometheus, templates


def register_api(app: OpenAPI) -> None:
    """Add every route of the API with its declarations."""
    for room in (devices, links, templates, plan, prometheus, accounts, openapi):
        app.register_api(room.blueprint)
