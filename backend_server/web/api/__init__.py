"""The JSON API below `/api`."""

from __future__ import annotations

from flask_openapi3.openapi import OpenAPI

from backend_server.web.api import (
    accounts,
    devices,
    generator,
    ledger,
    links,
    openapi,
    packs,
    plan,
    prometheus,
    templates,
    users,
)


def register_api(app: OpenAPI) -> None:
    """Add every route of the API with its declarations."""
    for room in (devices, links, ledger, templates, generator, packs, plan, prometheus, accounts, users, openapi):
        app.register_api(room.blueprint)
