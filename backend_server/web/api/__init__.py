"""The JSON API below `/api`: a folder for each noun, with its routes and the shapes of its bodies and answers."""

from __future__ import annotations

from flask_openapi3.openapi import OpenAPI

from backend_server.web.api import openapi
from backend_server.web.api.devices import routes as devices
from backend_server.web.api.generator import routes as generator
from backend_server.web.api.ledger import routes as ledger
from backend_server.web.api.links import routes as links
from backend_server.web.api.packs import routes as packs
from backend_server.web.api.plan import routes as plan
from backend_server.web.api.prometheus import routes as prometheus
from backend_server.web.api.templates import routes as templates
from backend_server.web.api.tokens import routes as tokens
from backend_server.web.api.users import routes as users


def register_api(app: OpenAPI) -> None:
    """Add every route of the API with its declarations."""
    for noun in (devices, links, ledger, templates, generator, packs, plan, prometheus, tokens, users, openapi):
        app.register_api(noun.blueprint)
