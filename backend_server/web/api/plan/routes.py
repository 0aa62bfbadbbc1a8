"""`/api/plan`: what the next reconcile pass would do."""

from __future__ import annotations

from flask import Response

from backend_server.accounts import Role, Scope
from backend_server.reconcile.pass_.show import plan_json
from backend_server.wiring.reconcile import build_reconciler

from ...analyses import analysis
from ...auth import needs
from ...context import current_services
from ..base import api_blueprint, json_response
from .schemas import PlanAnswer

blueprint = api_blueprint("plan", "What a reconcile pass would do.")


@blueprint.get("/plan", responses={200: PlanAnswer})
@needs(Role.VIEWER, Scope.PLAN_READ)
@analysis
def get_plan() -> Response:
    """Return the steps the next pass would take, and the removals that wait for a person's word."""
    return json_response(plan_json(build_reconciler(current_services()).plan()))
