"""The ledger and the audit in the API's words."""

from __future__ import annotations

from typing import Any

from backend_server.ledger import AuditEvent, LinkLedger
from backend_server.primitives.clock import format_ms


def ledger_json(ledger: LinkLedger, now_ms: int) -> dict[str, Any]:
    """Return a link's ledger; `views` and `refused` add up the days, `views_total` is since the beginning."""
    link = ledger.found.link
    return {
        "token": link.token,
        "slug": link.slug,
        "label": link.label,
        "state": ledger.found.state(now_ms).value,
        **link.points_at,
        "slot": link.slot,
        "document_uid": link.document_uid,
        "title": ledger.found.title,
        "created_by": link.created_by,
        "created_at": format_ms(link.created_at),
        "first_seen_at": format_ms(link.first_seen_at),
        "last_seen_at": format_ms(link.last_seen_at),
        "views_total": link.views,
        "from_day": ledger.first_day,
        "views": ledger.views,
        "refused": dict(ledger.refused),
        "days": [{"day": day.day, "views": day.views, "refused": dict(day.refused)} for day in ledger.days],
        "changes": [audit_json(event) for event in ledger.changes],
    }


def audit_json(event: AuditEvent) -> dict[str, object]:
    """Return an audit event."""
    return {
        "id": event.id,
        "at": format_ms(event.at),
        "actor": event.actor,
        "action": event.action,
        "object_kind": event.object_kind,
        "object_id": event.object_id,
        "details": dict(event.details),
    }
