"""What goes back to a visitor: status, headers, body; and refusals in Grafana's error shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer. The entrance adds the headers every public answer carries."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def json_answer(value: Any, status: int = 200) -> Answer:
    """Answer with JSON."""
    return Answer(status, orjson.dumps(value))


def grafana_error(status: int, message_id: str, message: str) -> Answer:
    """Answer in the shape of Grafana's public-dashboard errors."""
    return json_answer(
        {"statusCode": status, "messageId": f"publicdashboards.{message_id}", "message": message}, status
    )


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
