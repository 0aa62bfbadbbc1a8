"""`/server/health` and `/metrics`: what machines ask."""

from __future__ import annotations

from typing import cast

import orjson
from flask import Blueprint, Response, current_app
from prometheus_client import CONTENT_TYPE_LATEST

from backend_server.accounts import Need, Role, Scope
from backend_server.errors import Unauthenticated, UpstreamError
from backend_server.monitoring.targets import READINGS_PATH
from backend_server.outbound import BoundedHttp

from ..auth import is_direct_loopback, signed_in
from ..context import current_services
from ..health import HEALTH, HealthCheck
from ..health_parts import Verdict

blueprint = Blueprint("health", __name__)
_READINGS_SECONDS = 10.0
_MOST_READINGS = 256 * 1024 * 1024  # 100,000 devices with twenty readings each


@blueprint.get("/server/health")
def health() -> Response:
    """Say live, ready or degraded and why; open to everyone, so without an address, a name or a version of ours."""
    report = cast("HealthCheck", current_app.extensions[HEALTH]).report()
    status = 503 if report["status"] == Verdict.NOT_READY else 200
    return Response(orjson.dumps(report), status, mimetype="application/json")


@blueprint.get("/metrics")
def metrics() -> Response:
    """Return the service's own metrics to Prometheus on this machine, or to whoever may read them."""
    _check_reader()
    return Response(current_services().metrics.exposition(), content_type=CONTENT_TYPE_LATEST)


@blueprint.get(READINGS_PATH)
def readings() -> Response:
    """Pass on the poller's metrics, which listens on loopback alone, to a Prometheus on another machine."""
    _check_reader()
    http = BoundedHttp("The poller", connections=1)
    try:
        reply = http.call(
            "GET",
            f"http://127.0.0.1:{current_services().settings.poller_port}/metrics",
            deadline_seconds=_READINGS_SECONDS,
            max_bytes=_MOST_READINGS,
        )
    finally:
        http.close()
    if reply.status != 200:
        raise UpstreamError("The poller answers with an error.")
    return Response(reply.body, content_type=CONTENT_TYPE_LATEST)


def _check_reader() -> None:
    actor = signed_in()
    if actor is not None:
        actor.check(Need(Role.VIEWER, Scope.METRICS_READ))
    elif not is_direct_loopback():
        raise Unauthenticated("Sign in, or send an API token as 'Authorization: Bearer …'.")
