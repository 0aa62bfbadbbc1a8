"""Grafana as a reconcile pass asks it: reload, what is loaded, publish, unpublish, delete, list.

`checkpoint` is called before and after each call that changes something; tests stop a process there.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import orjson

from backend_server.documents import content_of
from backend_server.reconcile.model import ListedPublic

from .client import GrafanaClient
from .errors import DashboardMissing, error_of
from .public import PublicDashboard, settle_public

_VISITED = "/api/public/dashboards"  # without the token, which no message may hold


def _nothing(point: str) -> None:
    """Do nothing: the checkpoint in production."""


def _always() -> None:
    """Allow every reload: the Grafana is somebody else's."""


class GrafanaPublishing:
    """Fits `reconcile.ports.Grafana`. Every method raises GrafanaError, an UpstreamError.

    `before_reload` raises an UpstreamError when a reload would do harm now.
    """

    def __init__(
        self,
        client: GrafanaClient,
        checkpoint: Callable[[str], None] = _nothing,
        *,
        before_reload: Callable[[], None] = _always,
    ) -> None:
        self._client = client
        self._calls = _Watched(client, checkpoint)
        self._checkpoint = checkpoint
        self._before_reload = before_reload

    def reload(self) -> None:
        """Reload the dashboard files now."""
        self._before_reload()
        self._client.reload()

    def loaded(self, uid: str) -> str | None:
        """Return the content hash of the dashboard Grafana has; "" for one without our stamp, None when it has none."""
        found = self._client.dashboard(uid)
        return None if found is None else content_of(found.document) or ""

    def offer(self, uid: str, public_uid: str, access_token: str) -> str | None:
        """Make a dashboard public that is not yet, and return the content hash that a visitor gets.

        None while Grafana has no such dashboard; "" for one without our stamp.
        """
        try:
            settle_public(self._calls, uid, PublicDashboard(public_uid, access_token), is_new=True)
        except DashboardMissing:
            return None
        reply = self._client.visitor_dashboard(access_token)
        if reply.status == HTTPStatus.NOT_FOUND:
            return None
        if reply.status != HTTPStatus.OK:
            raise error_of("GET", _VISITED, reply.status, reply.body)
        return _content_shown(reply.body)

    def publish(self, uid: str, public_uid: str, access_token: str) -> None:
        """Publish the dashboard with exactly these ids and our switches, whatever is there now."""
        settle_public(self._calls, uid, PublicDashboard(public_uid, access_token))

    def stands(self, uid: str, public_uid: str, access_token: str) -> bool:
        """Whether the dashboard is public with exactly these ids."""
        found = self._client.public_of(uid)
        return found is not None and (found.uid, found.access_token) == (public_uid, access_token) and found.enabled

    def unpublish(self, uid: str) -> bool:
        """Delete the uid's public dashboard, whatever its ids; False when there was none."""
        existing = self._client.public_of(uid)
        return existing is not None and self._calls.delete_public(uid, existing.uid)

    def is_provisioned(self, uid: str) -> bool:
        """Whether Grafana thinks that a file stands behind the dashboard."""
        found = self._client.dashboard(uid)
        return found is not None and found.provisioned

    def delete_dashboard(self, uid: str) -> bool:
        """Delete the dashboard; False when there was none."""
        self._checkpoint("before DELETE dashboard")
        deleted = self._client.delete_dashboard(uid)
        self._checkpoint("after DELETE dashboard")
        return deleted

    def list_public(self) -> tuple[ListedPublic, ...]:
        """List all public dashboards."""
        return self._client.list_public()


def _content_shown(body: bytes) -> str:
    try:
        found = orjson.loads(body)["dashboard"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ""
    return content_of(found) or "" if isinstance(found, dict) else ""


class _Watched:
    """The client's public-dashboard calls, with a checkpoint around each that changes something."""

    def __init__(self, client: GrafanaClient, checkpoint: Callable[[str], None]) -> None:
        self._client = client
        self._checkpoint = checkpoint
        self.public_of = client.public_of

    def create_public(self, uid: str, wanted: PublicDashboard) -> PublicDashboard:
        self._checkpoint("before POST public dashboard")
        made = self._client.create_public(uid, wanted)
        self._checkpoint("after POST public dashboard")
        return made

    def update_public(
        self,
        uid: str,
        public_uid: str,
        *,
        enabled: bool | None = None,
        time_selection: bool | None = None,
        annotations: bool | None = None,
    ) -> PublicDashboard:
        self._checkpoint("before PATCH public dashboard")
        made = self._client.update_public(
            uid, public_uid, enabled=enabled, time_selection=time_selection, annotations=annotations
        )
        self._checkpoint("after PATCH public dashboard")
        return made

    def delete_public(self, uid: str, public_uid: str) -> bool:
        self._checkpoint("before DELETE public dashboard")
        deleted = self._client.delete_public(uid, public_uid)
        self._checkpoint("after DELETE public dashboard")
        return deleted
