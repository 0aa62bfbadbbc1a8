"""Answers as Grafana words them: two kinds of JSON, public-dashboard errors, redirects."""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

JSON = "application/json"
JSON_LINE = "application/json; charset=UTF-8"
HTML = "text/html; charset=UTF-8"


@dataclass
class Answer:
    """Status, headers and body; the server adds what every answer carries."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    bare: bool = False  # without what Grafana's middleware adds
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(16))


def go_json(value: object) -> bytes:
    """Write JSON as Go does: compact, and with `<`, `>`, `&` escaped."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e").encode()


def json_answer(status: int, value: object) -> Answer:
    """Answer as Grafana's `response.JSON` does."""
    return Answer(status, go_json(value), {"Content-Type": JSON})


def json_line(status: int, value: object) -> Answer:
    """Answer as Grafana's older helper does: with a charset, and a newline at the end."""
    return Answer(status, go_json(value) + b"\n", {"Content-Type": JSON_LINE})


def message(status: int, words: str) -> Answer:
    """Answer a bare message."""
    return json_answer(status, {"message": words})


_PUBLIC_ERRORS: Mapping[str, tuple[int, str]] = {
    "notFound": (404, "Dashboard not found"),
    "dashboardNotFound": (404, "Dashboard not found"),
    "panelNotFound": (404, "Dashboard panel not found"),
    "dashboardIsPublic": (400, "Dashboard is already public"),
    "uidExists": (400, "Dashboard Uid already exists"),
    "accessTokenExists": (400, "Dashboard Access Token already exists"),
    "invalidUid": (400, "Invalid Uid"),
    "invalidAccessToken": (400, "Invalid access token"),
    "invalidShareType": (400, "Invalid share type"),
    "identifierNotSet": (400, "No Uid for dashboard specified"),
    "badRequest": (400, "BadRequest"),
    "invalidInterval": (400, "intervalMS should be greater than 0"),
    "maxDataPoints": (400, "maxDataPoints should be greater than 0"),
    "invalidTimeRange": (400, "Invalid time range"),
    "invalidPanelId": (400, "Invalid panel id"),
    "panelQueriesNotFound": (400, "Failed to extract queries from panel"),
    "notEnabled": (403, "Dashboard paused"),
    "internalServerError": (500, "Internal server error"),
}


def public_error(name: str) -> Answer:
    """Answer an error of the public-dashboard API."""
    status, words = _PUBLIC_ERRORS[name]
    return json_answer(status, {"statusCode": status, "messageId": f"publicdashboards.{name}", "message": words})


def unauthorized(message_id: str = "auth.unauthorized", words: str = "Unauthorized") -> Answer:
    """Answer 401."""
    return json_line(401, {"extra": None, "message": words, "messageId": message_id, "statusCode": 401, "traceID": ""})


def forbidden(permission: str) -> Answer:
    """Answer 403 for a missing permission."""
    return json_line(
        403,
        {
            "accessErrorId": f"ACE{random.randint(0, 9_999_999_999):010d}",
            "message": f"You'll need additional permissions to perform this action. Permissions needed: {permission}",
            "title": "Access denied",
        },
    )


def not_found() -> Answer:
    """Answer for a route that does not exist."""
    return json_line(404, {"message": "Not found"})


def redirect(status: int, location: str) -> Answer:
    """Answer a redirect with Go's small page."""
    words = {301: "Moved Permanently", 302: "Found"}[status]
    body = f'<a href="{location}">{words}</a>.\n\n'.encode()
    return Answer(status, body, {"Content-Type": "text/html; charset=utf-8", "Location": location})


class BadBody(Exception):
    """The request's body does not bind."""


def bind(content_type: str, body: bytes, types: Mapping[str, type]) -> dict[str, Any]:
    """Read a request body as Grafana binds it: a JSON content type is required, an empty body passes as `{}`.

    `types` names the fields that must have a type when they are there; null counts as absent.
    """
    if content_type.partition(";")[0].strip().lower() != JSON:
        raise BadBody
    if not body:
        return {}
    try:
        found = json.loads(body)
    except ValueError as fault:
        raise BadBody from fault
    if not isinstance(found, dict):
        raise BadBody
    bound = {}
    for name, kind in types.items():
        value = found.get(name)
        if value is None:
            continue
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise BadBody
        bound[name] = value
    return bound
