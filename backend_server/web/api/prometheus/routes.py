"""`/api/prometheus/targets`: where Prometheus finds what to scrape (http_sd)."""

from __future__ import annotations

from flask import Response, request

from backend_server.accounts import Role, Scope

from ...auth import is_direct_loopback, needs
from ...context import current_services
from ..base import api_blueprint, json_response
from .schemas import TargetList, TargetQuery

blueprint = api_blueprint("prometheus", "What Prometheus scrapes.")


@blueprint.get("/prometheus/targets", responses={200: TargetList})
@needs(Role.VIEWER, Scope.DEVICES_READ)
def list_targets(query: TargetQuery) -> Response:
    """List the readings of polled devices and every device that has its own `/metrics`, in Prometheus' http_sd format.

    A Prometheus on this machine is sent to the poller itself, another one to `/metrics/devices` of the address it used.
    """
    through = None if is_direct_loopback() else (request.scheme, request.host)
    return json_response(current_services().targets.list(query.kind, through))
