"""What Grafana's answers mean: by `messageId`, since two messages share one text, else by status and words.

The tables follow Grafana 12.4's public-dashboard errors; no error ever names an address.
"""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from backend_server.errors import UpstreamError, UpstreamTimeout


class GrafanaError(UpstreamError):
    """Grafana refused or failed; `status` is None when there was no answer, `message_id` when it gave none."""

    def __init__(
        self, message: str, *, method: str, path: str, status: int | None = None, message_id: str = ""
    ) -> None:
        details: dict[str, object] = {"method": method, "path": path}
        if status is not None:
            details["status"] = status
        if message_id:
            details["message_id"] = message_id
        super().__init__(message, details=details)
        self.method = method
        self.path = path
        self.status = status
        self.message_id = message_id


class GrafanaUnreachable(GrafanaError):
    """No answer: the port is closed (Grafana keeps it closed while it provisions at start), or the connection broke.

    `starting` is True when the connection was refused, the normal state of a start with many new files; nothing was
    sent then. Otherwise the call may have taken effect.
    """

    def __init__(self, message: str, *, method: str, path: str, starting: bool = False) -> None:
        super().__init__(message, method=method, path=path)
        self.starting = starting
        self.details = {**self.details, "refused": starting}


class GrafanaTimeout(GrafanaError, UpstreamTimeout):
    """The total deadline passed; the call may have taken effect."""


class GrafanaOddAnswer(GrafanaError):
    """Not the Grafana we know: a redirect, no JSON where JSON must be, or more bytes than we accept."""


class GrafanaUnauthorized(GrafanaError):
    """Grafana does not know who we are (401): unknown user, address not on its list, or a bad token."""


class GrafanaForbidden(GrafanaError):
    """Grafana knows us but does not let us (403)."""


class PublicDashboardsOff(GrafanaError):
    """`[public_dashboards] enabled=false`, or this Grafana has no such route (404 without a `messageId`)."""


class DashboardMissing(GrafanaError):
    """There is no such dashboard (`dashboardNotFound`): not loaded yet, or deleted. A public row may still exist."""


class PublicMissing(GrafanaError):
    """There is no such public dashboard (`notFound`)."""


class PublicExists(GrafanaError):
    """The dashboard is public already (`dashboardIsPublic`): read it again and compare."""


class PublicUidTaken(GrafanaError):
    """Another public dashboard has the chosen uid (`uidExists`)."""


class PublicTokenTaken(GrafanaError):
    """Another public dashboard has the chosen access token (`accessTokenExists`)."""


class PublicRefused(GrafanaError):
    """The request itself is wrong (`invalidUid`, `invalidAccessToken`, `badRequest`, …); repeating it will not help."""


class PublicPaused(GrafanaError):
    """The public dashboard is switched off (`notEnabled`); only viewers get this answer."""


class StillProvisioned(GrafanaError):
    """The dashboard carries the provisioning mark: remove its file and reload first."""


class DashboardDamaged(GrafanaError):
    """A uid was changed inside a file; only taking the provider out of Grafana's configuration heals that."""


class GrafanaFault(GrafanaError):
    """Grafana failed inside (5xx)."""


_BY_MESSAGE_ID: Mapping[str, type[GrafanaError]] = {
    "publicdashboards.notFound": PublicMissing,
    "publicdashboards.dashboardNotFound": DashboardMissing,
    "publicdashboards.dashboardIsPublic": PublicExists,
    "publicdashboards.uidExists": PublicUidTaken,
    "publicdashboards.accessTokenExists": PublicTokenTaken,
    "publicdashboards.notEnabled": PublicPaused,
    "publicdashboards.invalidUid": PublicRefused,
    "publicdashboards.invalidAccessToken": PublicRefused,
    "publicdashboards.invalidShareType": PublicRefused,
    "publicdashboards.identifierNotSet": PublicRefused,
    "publicdashboards.badRequest": PublicRefused,
    "publicdashboards.panelNotFound": PublicRefused,
    "publicdashboards.panelQueriesNotFound": PublicRefused,
    "publicdashboards.invalidInterval": PublicRefused,
    "publicdashboards.maxDataPoints": PublicRefused,
    "publicdashboards.invalidTimeRange": PublicRefused,
    "publicdashboards.invalidPanelId": PublicRefused,
    "publicdashboards.internalServerError": GrafanaFault,
}

# Answers that carry no `messageId`; Grafana's words are the only thing that tells these apart.
_BY_WORDS: Mapping[tuple[int, str], type[GrafanaError]] = {
    (400, "provisioned dashboard cannot be deleted"): StillProvisioned,
    (400, "Cannot save provisioned dashboard"): StillProvisioned,
    (404, "Dashboard not found"): DashboardMissing,
    (404, "Not found"): PublicDashboardsOff,
    (500, "Error while checking if dashboard is provisioned"): DashboardDamaged,
}

_REMEDIES: Mapping[type[GrafanaError], str] = {
    GrafanaUnauthorized: "Check GRAFANA_PROXY_USER or GRAFANA_TOKEN, and Grafana's [auth.proxy] whitelist",
    GrafanaForbidden: "The Grafana user needs the rights of an administrator",
    PublicDashboardsOff: "Switch on [public_dashboards] enabled in Grafana",
    StillProvisioned: "Its file must be removed and a reload must have run first",
    DashboardDamaged: "Take its provider out of Grafana's provisioning, reload, put it back and reload",
}


def error_of(method: str, path: str, status: int, body: bytes) -> GrafanaError:
    """Return the error that an answer other than a success means."""
    message_id, words = _read_error(body)
    kind = _BY_MESSAGE_ID.get(message_id) or _BY_WORDS.get((status, words)) or _by_status(status)
    said = f": {words}" if words else ""
    remedy = f". {_REMEDIES[kind]}." if kind in _REMEDIES else ""
    named = f", {message_id}" if message_id else ""
    return kind(
        f"Grafana answered {status}{named} on {method} {path}{said}{remedy}",
        method=method,
        path=path,
        status=status,
        message_id=message_id,
    )


def _by_status(status: int) -> type[GrafanaError]:
    if status == 401:
        return GrafanaUnauthorized
    if status == 403:
        return GrafanaForbidden
    if 300 <= status < 400:
        return GrafanaOddAnswer
    return GrafanaFault if status >= 500 else GrafanaError


def _read_error(body: bytes) -> tuple[str, str]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return "", ""
    if not isinstance(found, dict):
        return "", ""
    message_id, words = found.get("messageId"), found.get("message")
    return (message_id if isinstance(message_id, str) else ""), (words[:200] if isinstance(words, str) else "")
