"""The application: one Flask app made from the services, with the API's declarations and every rule for all routes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, Request
from flask_openapi3.models.info import Info
from flask_openapi3.models.security_scheme import SecurityScheme
from flask_openapi3.openapi import OpenAPI

import backend_server
from backend_server.settings.topology import behind_edge, trusted_networks
from backend_server.wiring.monitoring import build_health

from .analyses import limit_analyses
from .api import register_api
from .api.base import ErrorAnswer
from .api.devices.hook import HOOK, DeviceHook
from .auth import SessionCookies, need_of, register_auth
from .context import HEALTH, LINK_BASE, SERVICES, WAITING
from .edge_headers import EdgeHeaders
from .errors import invalid_request, register_errors
from .pages import register_pages
from .requests import MAX_BODY_BYTES, StrictRequest, register_requests
from .waiting import WaitingRoom

if TYPE_CHECKING:
    from backend_server.wiring.record import Services

SESSION_COOKIE = "dashwright"


class DashwrightApp(OpenAPI):
    """Flask with the strict request and with declarations."""

    request_class: type[Request] = StrictRequest


def create_app(services: Services) -> DashwrightApp:
    """Create the application; it opens nothing by itself and can be created several times in one process."""
    here = Path(__file__).parent
    app = DashwrightApp(
        "backend_server.web",
        info=Info(
            title="Dashwright",
            version=backend_server.__version__,
            description="One live, embeddable dashboard for every device, and links whose life it manages.",
        ),
        security_schemes={
            "token": SecurityScheme(type="http", scheme="bearer", description="An API token, `dw_…`, or a JWT."),
            "session": SecurityScheme(**{"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE}),
        },
        doc_ui=False,
        validation_error_status=422,
        validation_error_model=ErrorAnswer,
        validation_error_callback=invalid_request,
        root_path=str(here),
        template_folder=str(here / "templates"),
        static_folder=None,
    )
    app.config.update(
        **{LINK_BASE: services.settings.base_url},
        SECRET_KEY=services.secret_key.reveal(),
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        SESSION_COOKIE_NAME=SESSION_COOKIE,
        SESSION_COOKIE_PATH=services.settings.base_path or "/",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(days=7),
        SESSION_REFRESH_EACH_REQUEST=False,
        PROVIDE_AUTOMATIC_OPTIONS=False,
        TEMPLATES_AUTO_RELOAD=False,
        DEBUG=False,
    )
    app.session_interface = SessionCookies()
    app.url_map.merge_slashes = False  # a doubled slash is another address, not a redirect
    app.url_map.strict_slashes = True
    app.jinja_options = {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True}
    app.extensions[SERVICES] = services
    app.extensions[WAITING] = WaitingRoom()
    app.extensions[HOOK] = DeviceHook(services.devices.upserter)
    app.extensions[HEALTH] = build_health(services)
    register_requests(app, services.metrics)
    register_auth(app)
    register_errors(app)
    register_api(app)
    register_pages(app)
    limit_analyses(app)
    _fail_closed(app)
    # Behind the edge it is nginx that looks at them.
    trusted = () if behind_edge(services.settings) else trusted_networks(services.settings)
    app.wsgi_app = EdgeHeaders(app.wsgi_app, trusted)  # type: ignore[method-assign]  # Flask's documented way to add middleware
    return app


def _fail_closed(app: Flask) -> None:
    """Refuse to start with an API route that forgot to say who may call it."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/") and need_of(app, rule.endpoint) is None:
            raise RuntimeError(f"{rule.rule} does not say who may call it; put @needs below its route decorator.")
