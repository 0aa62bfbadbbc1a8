"""The calls this product makes to Grafana, each by name, each with its documented errors distinguished.

Our identity (the auth-proxy header with Grafana's own origin, or a service-account token) goes with the calls of this
class; what visitors ask is in `visitor.py` and carries none.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from backend_server.errors import ConfigError
from backend_server.monitoring.model import GrafanaHealth
from backend_server.reconcile.model import ListedPublic

from .errors import DashboardMissing, GrafanaError, GrafanaOddAnswer, PublicMissing, error_of
from .public import PublicDashboard
from .transport import Transport, json_of, odd
from .visitor import VisitorCalls

_PAGE = 100_000  # more than all providers can hold: one call lists them all
_MOST_PAGES = 1000


@dataclass(frozen=True, slots=True)
class LoadedDashboard:
    """A dashboard as Grafana has it: the whole document, and what Grafana says about it.

    `provisioned` is the mark that a file stands behind it; `file` is that file, relative to its provider's folder.
    `internal_id` changes when Grafana deletes and re-creates; `folder` is the folder's title, empty for the root.
    """

    uid: str
    document: Mapping[str, Any] = field(repr=False)
    provisioned: bool
    file: str
    version: int
    public: bool
    internal_id: int
    folder: str


class GrafanaClient(VisitorCalls):
    """Grafana's HTTP API below `base_url` (e.g. `http://127.0.0.1:3300/grafana`), usable from many threads.

    Set `user` (auth proxy) or `token` (service account); `origin` is the `Origin` sent, by default that of the base.
    Every call has a total deadline, follows no redirect and raises GrafanaError or one of its kinds.
    """

    def __init__(
        self,
        base_url: str,
        origin: str | None = None,
        *,
        user: str | None = None,
        token: str | None = None,
        timeout_seconds: float = 10.0,
        cap_bytes: int = 32 * 1024 * 1024,
    ) -> None:
        if bool(user) == bool(token):
            raise ConfigError("Grafana needs either GRAFANA_PROXY_USER or GRAFANA_TOKEN, and not both")
        if user and ("@" in user or not user.isprintable() or not user.isascii()):
            # An e-mail address in the proxy header makes Grafana rename its administrator.
            raise ConfigError(f"GRAFANA_PROXY_USER is {user!r}; it must be a login name, not an e-mail address")
        parts = urlsplit(base_url)
        identity = {
            **({"X-WEBAUTH-USER": user} if user else {"Authorization": f"Bearer {token}"}),
            "Origin": origin or f"{parts.scheme}://{parts.netloc}",
        }
        super().__init__(Transport(base_url, identity=identity, timeout_seconds=timeout_seconds, cap_bytes=cap_bytes))

    # Public dashboards

    def public_of(self, uid: str) -> PublicDashboard | None:
        """Read the dashboard's public row; None when there is none.

        Grafana answers the same for "not public" and "no such dashboard", and still gives the row of a deleted one.
        """
        try:
            return _public(self._transport, "GET", _public_path(uid))
        except PublicMissing:
            return None

    def create_public(self, uid: str, wanted: PublicDashboard) -> PublicDashboard:
        """Publish the dashboard with our uid and token; sent once only, see `settle_public` for what follows."""
        return _public(
            self._transport, "POST", f"/api/dashboards/uid/{_part(uid)}/public-dashboards", wanted.as_request()
        )

    def update_public(
        self,
        uid: str,
        public_uid: str,
        *,
        enabled: bool | None = None,
        time_selection: bool | None = None,
        annotations: bool | None = None,
    ) -> PublicDashboard:
        """Set the given switches; None leaves one as it is. The token cannot be changed."""
        switches = {"isEnabled": enabled, "timeSelectionEnabled": time_selection, "annotationsEnabled": annotations}
        body: dict[str, object] = {name: value for name, value in switches.items() if value is not None}
        return _public(
            self._transport, "PATCH", f"/api/dashboards/uid/{_part(uid)}/public-dashboards/{_part(public_uid)}", body
        )

    def delete_public(self, uid: str, public_uid: str) -> bool:
        """Delete the public row, also one whose dashboard is gone; False when there was none."""
        try:
            self._transport.call("DELETE", f"{_public_path(uid)}/{_part(public_uid)}")
        except PublicMissing:
            return False
        return True

    def list_public(self) -> tuple[ListedPublic, ...]:
        """List all public dashboards of the org; rows whose dashboard is gone are missing from it."""
        found: list[ListedPublic] = []
        for page in range(1, _MOST_PAGES + 1):
            query = urlencode({"page": page, "perpage": _PAGE})
            path = "/api/dashboards/public-dashboards"
            answer = self._transport.call("GET", f"{path}?{query}")
            listed = json_of("GET", path, answer)
            try:
                rows = listed["publicDashboards"]
                found += [
                    ListedPublic(
                        row["uid"], row["accessToken"], row["dashboardUid"], row["title"], row["isEnabled"] is True
                    )
                    for row in rows
                ]
                total = int(listed["totalCount"])
            except (KeyError, TypeError, ValueError) as fault:
                raise odd("GET", path, answer, "no list of public dashboards") from fault
            if not rows or page * _PAGE >= total:
                break
        return tuple(found)

    # Dashboards

    def dashboard(self, uid: str) -> LoadedDashboard | None:
        """Read a dashboard back; None when Grafana has none with this uid."""
        path = f"/api/dashboards/uid/{_part(uid)}"
        try:
            answer = self._transport.call("GET", path)
        except DashboardMissing:
            return None
        loaded = json_of("GET", path, answer)
        try:
            document, meta = loaded["dashboard"], loaded["meta"]
            return LoadedDashboard(
                uid=document["uid"],
                document=document,
                provisioned=meta["provisioned"] is True,
                file=str(meta.get("provisionedExternalId") or ""),
                version=int(meta.get("version") or 0),
                public=meta.get("publicDashboardEnabled") is True,
                internal_id=int(document.get("id") or 0),
                folder=str(meta["folderTitle"]) if meta.get("folderUid") else "",
            )
        except (KeyError, TypeError, ValueError) as fault:
            raise odd("GET", path, answer, "no dashboard") from fault

    def delete_dashboard(self, uid: str) -> bool:
        """Delete a dashboard; False when there was none. Raises StillProvisioned while its file stands."""
        try:
            self._transport.call("DELETE", f"/api/dashboards/uid/{_part(uid)}")
        except DashboardMissing:
            return False
        return True

    def reload(self, *, timeout_seconds: float = 60.0) -> None:
        """Reload the dashboard files now; returns when the walk is over.

        Success does not mean that each file was taken: read dashboards back for that. A walk takes about 11 ms per new
        file, hence the deadline of its own. Raises GrafanaFault for an unreadable folder or broken provider YAML.
        """
        self._transport.call("POST", "/api/admin/provisioning/dashboards/reload", timeout_seconds=timeout_seconds)

    def health(self) -> GrafanaHealth:
        """Return Grafana's health; a good answer means that the first walk over the files is done."""
        path = "/api/health"
        answer = self._transport.send("GET", path, headers={"Accept": "application/json"})
        if answer.status not in (200, 503):
            raise error_of("GET", path, answer.status, answer.body)
        said = json_of("GET", path, answer)
        if not isinstance(said, dict):
            raise odd("GET", path, answer, "no health report")
        version = said.get("version")
        ok = answer.status == 200 and said.get("database") == "ok"
        return GrafanaHealth(ok=ok, version=version if isinstance(version, str) and version else None)

    def version(self) -> str | None:
        """Return Grafana's version as a signed-in user sees it; its health may be configured to hide it."""
        path = "/api/frontend/settings"
        answer = self._transport.call("GET", path)
        settings = json_of("GET", path, answer)
        try:
            found = settings["buildInfo"]["version"]
        except (KeyError, TypeError) as fault:
            raise odd("GET", path, answer, "no settings") from fault
        return found if isinstance(found, str) and found else None

    # Users

    def ensure_user(self, login: str, role: str) -> None:
        """Ensure a user of this login with this role (`Viewer`, `Editor` or `Admin`) in the org.

        Nothing is written when it is so already. A new user gets a random password that nobody knows: only the proxy
        header signs it in.
        """
        member = _org_member(self._transport, login)
        if member is None:
            made = {"login": login, "name": login, "password": secrets.token_urlsafe(32)}
            try:
                self._transport.call("POST", "/api/admin/users", made)
            except GrafanaError as fault:
                if fault.status != 412:  # 412: there is such a user, but not in this org
                    raise
                self._transport.call("POST", "/api/org/users", {"loginOrEmail": login, "role": role})
            member = _org_member(self._transport, login)
        if member is None:
            raise GrafanaOddAnswer(
                f"Grafana has no user {login!r} in its org although it said that it made one",
                method="GET",
                path="/api/org/users",
            )
        if member["role"] != role:
            self._transport.call("PATCH", f"/api/org/users/{int(member['userId'])}", {"role": role})


def _org_member(transport: Transport, login: str) -> Mapping[str, Any] | None:
    answer = transport.call("GET", "/api/org/users")
    members = json_of("GET", "/api/org/users", answer)
    try:
        return next((member for member in members if member["login"].lower() == login.lower()), None)
    except (KeyError, TypeError, AttributeError) as fault:
        raise odd("GET", "/api/org/users", answer, "no list of users") from fault


def _public(transport: Transport, method: str, path: str, body: Mapping[str, object] | None = None) -> PublicDashboard:
    answer = transport.call(method, path, body)
    row = json_of(method, path, answer)
    try:
        return PublicDashboard.read(row)
    except (KeyError, TypeError, AttributeError) as fault:
        raise odd(method, path, answer, "no public dashboard") from fault


def _public_path(uid: str) -> str:
    return f"/api/dashboards/uid/{_part(uid)}/public-dashboards"


def _part(text: str) -> str:
    """Quote an id as one path segment, whatever is in it; `.` and `..` would climb, quoted or not."""
    if text in ("", ".", ".."):
        raise ConfigError(f"{text!r} cannot be a uid in Grafana")
    return quote(text, safe="")
