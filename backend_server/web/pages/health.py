"""`/server/health` and `/metrics`: what machines ask."""

from __future__ import annotations

from typing import cast

import orjson
from flask import Blueprint, Response, current_app
from prometheus_client import CONTENT_TYPE_LATEST

from backend_server.accounts import Need, Role, Scope
from backend_server.errors import Unauthenticated
from backend_server.monitoring.health import HealthCheck
from backend_server.monitoring.model import Verdict
from backend_server.monitoring.targets import READINGS_PATH
from backend_server.runtime.healthcheck import INSTANCE_HEADER

from ..auth import is_direct_loopback, signed_in
from ..context import HEALTH, current_services

blueprint = Blueprint("health", __name__)


@blueprint.get("/server/health")
def health() -> Response:
    """Answer live, ready or degraded, and why; open to everyone, so without an address, a name or a version of ours."""
    report = cast("HealthCheck", current_app.extensions[HEALTH]).report()
    status = 503 if report["status"] == Verdict.NOT_READY else 200
    answer = Response(orjson.dumps(report), status, mimetype="application/json")
    if instance := current_services().settings.runtime_instance:
        answer.headers[INSTANCE_HEADER] = instance  # random, and new at each start: it tells nobody anything else
    return answer


@blueprint.get("/metrics")
def metrics() -> Response:
    """Return the service's own metrics to Prometheus on this machine, or to whoever may read them."""
    _check_reader()
    return Response(current_services().metrics.exposition(), content_type=CONTENT_TYPE_LATEST)


@blueprint.get(READINGS_PATH)
def readings() -> Response:
    """Pass on the poller's metrics, which listens on loopback alone, to a Prometheus on another machine."""
    _check_reader()
    return Response(current_services().poller.readings(), content_type=CONTENT_TYPE_LATEST)


def _check_reader() -> None:
    actor = signed_in()
    if actor is not None:
        actor.check(Need(Role.VIEWER, Scope.METRICS_READ))
    elif not is_direct_loopback():
        raise Unauthenticated("Sign in, or send an API token as 'Authorization: Bearer …'.")
