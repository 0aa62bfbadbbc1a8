"""Our own pages and the visitors' pages, joined into the application."""

from __future__ import annotations

from flask import Flask

from backend_server.primitives.words import state_label

from ..own_urls import own_url
from . import assets, fleet, grafana, health, links, public, settings, sign_in


def register_pages(app: Flask) -> None:
    """Add every page to the application."""
    for blueprint in (
        assets.blueprint,
        health.blueprint,
        sign_in.blueprint,
        fleet.blueprint,
        links.blueprint,
        settings.blueprint,
        grafana.blueprint,
        public.blueprint,
    ):
        app.register_blueprint(blueprint)
    app.jinja_env.globals["asset_url"] = assets.asset_url
    app.jinja_env.globals["own_url"] = own_url
    app.jinja_env.filters["state_label"] = state_label
