"""Answers in Grafana's shapes: JSON, and the errors of its public dashboards."""

from __future__ import annotations

from typing import Any

import orjson

from .model import JSON, Answer, Refusal


def grafana_json(value: Any, status: int = 200) -> Answer:
    """Answer with JSON."""
    return Answer(status, orjson.dumps(value))


def grafana_error(status: int, message_id: str, message: str) -> Answer:
    """Answer in the shape of Grafana's public-dashboard errors."""
    return grafana_json(
        {"statusCode": status, "messageId": f"publicdashboards.{message_id}", "message": message}, status
    )


def refusal_answer(refusal: Refusal) -> Answer:
    """Answer an API route with a refusal."""
    answer = grafana_error(refusal.status, refusal.message_id, refusal.words.message)
    if refusal.retry_seconds is None:
        return answer
    return Answer(answer.status, answer.body, JSON, {"Retry-After": str(refusal.retry_seconds)})


def bad_request() -> Answer:
    """The body cannot be read."""
    return grafana_error(400, "badRequest", "BadRequest")


def panel_not_found() -> Answer:
    """The document has no such panel."""
    return grafana_error(404, "panelNotFound", "Dashboard panel not found")


def invalid_panel_id() -> Answer:
    """The panel's id is no number."""
    return grafana_error(400, "invalidPanelId", "Invalid panel id")


def no_queries() -> Answer:
    """The panel has nothing to ask, e.g. a text panel."""
    return grafana_error(400, "panelQueriesNotFound", "Failed to extract queries from panel")


def invalid_time_range() -> Answer:
    """The range is none."""
    return grafana_error(400, "invalidTimeRange", "Invalid time range")
