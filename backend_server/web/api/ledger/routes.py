"""`/api/links/{token}/ledger` and `/api/audit`: who made, changed and saw what. No route changes either."""

from __future__ import annotations

from flask import Response

from backend_server.accounts import Role, Scope
from backend_server.ledger import AuditQuery
from backend_server.primitives.clock import epoch_ms, parse_time

from ...auth import needs
from ...context import current_services
from ..base import api_blueprint, errors, json_response, page_response
from ..links.schemas import TokenPath
from .present import audit_json, ledger_json
from .schemas import AuditList, AuditQueryText, LedgerAnswer, LedgerQuery

blueprint = api_blueprint("ledger", "Who made, changed and saw what.")


@blueprint.get("/links/<token>/ledger", responses={200: LedgerAnswer, **errors(404, 410)})
@needs(Role.VIEWER, Scope.LINKS_READ)
def get_ledger(path: TokenPath, query: LedgerQuery) -> Response:
    """Return what happened on a link: created by whom, views and refusals by day, and every change."""
    services = current_services()
    found = services.links.directory.get(path.token)
    return json_response(ledger_json(services.ledger.of_link(found, query.days), epoch_ms()))


@blueprint.get("/audit", responses={200: AuditList})
@needs(Role.ADMIN, Scope.AUDIT_READ)
def list_audit(query: AuditQueryText) -> Response:
    """List who did what, newest first."""
    rows, total = current_services().ledger.audit(
        AuditQuery(
            object_id=query.object,
            object_kind=query.kind,
            actor=query.actor,
            action=query.action,
            since=_moment(query.since, "since"),
            until=_moment(query.until, "until"),
            page=query.page,
            per_page=query.per_page,
        )
    )
    shown = [audit_json(row) for row in rows]
    return page_response(shown, total, query)


def _moment(text: str | None, path: str) -> int | None:
    return None if text is None else int(parse_time(text, path=path).timestamp() * 1000)
