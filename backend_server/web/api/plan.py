"""`/api/plan`: what the next reconcile pass would do."""

from __future__ import annotations

from flask import Response

from backend_server.accounts import Role, Scope
from backend_server.web.api.declare import api_blueprint, json_answer
from backend_server.web.api.schemas import PlanAnswer
from backend_server.web.auth import needs
from backend_server.web.context import current_services

blueprint = api_blueprint("plan", "What a reconcile pass would do.")


@blueprint.get("/plan", responses={200: PlanAnswer})
@needs(Role.VIEWER, Scope.PLAN_READ)
def get_plan() -> Response:
    """Give the steps the next pass would take, and the removals that wait for a person's word."""
    return json_answer(current_services().reconcile_plan())
