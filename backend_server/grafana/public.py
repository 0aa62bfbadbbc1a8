"""A dashboard's public row in Grafana, and how the wanted one is brought about.

Creation is not idempotent and may lose a race with 400 or 500, so every doubtful answer is settled by reading again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from .errors import (
    GrafanaFault,
    GrafanaTimeout,
    GrafanaUnreachable,
    PublicExists,
    PublicMissing,
    PublicTokenTaken,
    PublicUidTaken,
)


@dataclass(frozen=True, slots=True)
class PublicDashboard:
    """The row that makes a dashboard public: its uid (at most 40), the token (32 hex), what viewers may do."""

    uid: str
    access_token: str
    enabled: bool = True
    time_selection: bool = True
    annotations: bool = False
    dashboard_uid: str = ""

    def __repr__(self) -> str:
        # The token opens the dashboard to anyone, so it stays out of logs and test output.
        return f"PublicDashboard(uid={self.uid!r}, dashboard_uid={self.dashboard_uid!r}, enabled={self.enabled})"

    @classmethod
    def read(cls, row: Mapping[str, object]) -> PublicDashboard:
        """Read a row of the admin API; raises KeyError when it is not one."""
        return cls(
            uid=str(row["uid"]),
            access_token=str(row["accessToken"]),
            enabled=row.get("isEnabled") is True,
            time_selection=row.get("timeSelectionEnabled") is True,
            annotations=row.get("annotationsEnabled") is True,
            dashboard_uid=str(row["dashboardUid"]),
        )

    def as_request(self) -> dict[str, object]:
        """Write the body that creates it: always public, always with both ids and every switch.

        An absent switch would be off, and `share: email` hides the row for good.
        """
        return {
            "uid": self.uid,
            "accessToken": self.access_token,
            "isEnabled": self.enabled,
            "timeSelectionEnabled": self.time_selection,
            "annotationsEnabled": self.annotations,
            "share": "public",
        }


class PublicChange(StrEnum):
    """What must happen so that the existing row becomes the wanted one."""

    KEEP = "keep"
    CREATE = "create"
    UPDATE = "update"
    RECREATE = "recreate"


def plan_public(wanted: PublicDashboard, existing: PublicDashboard | None) -> PublicChange:
    """Choose the smallest change; uid and token cannot be changed in place."""
    if existing is None:
        return PublicChange.CREATE
    if (existing.uid, existing.access_token) != (wanted.uid, wanted.access_token):
        return PublicChange.RECREATE
    same = (existing.enabled, existing.time_selection, existing.annotations) == (
        wanted.enabled,
        wanted.time_selection,
        wanted.annotations,
    )
    return PublicChange.KEEP if same else PublicChange.UPDATE


class _PublicCalls(Protocol):
    def public_of(self, uid: str) -> PublicDashboard | None: ...
    def create_public(self, uid: str, wanted: PublicDashboard) -> PublicDashboard: ...
    def update_public(
        self,
        uid: str,
        public_uid: str,
        *,
        enabled: bool | None = None,
        time_selection: bool | None = None,
        annotations: bool | None = None,
    ) -> PublicDashboard: ...
    def delete_public(self, uid: str, public_uid: str) -> bool: ...


_DOUBTFUL = (
    PublicExists,
    PublicUidTaken,
    PublicTokenTaken,
    PublicMissing,
    GrafanaFault,
    GrafanaTimeout,
    GrafanaUnreachable,
)


def settle_public(
    grafana: _PublicCalls, uid: str, wanted: PublicDashboard, *, is_new: bool = False, attempts: int = 3
) -> PublicDashboard:
    """Change the dashboard's public row to the wanted one and return it as read back from Grafana.

    Read, choose the smallest change, make it; after a doubtful answer (already public, id taken, 500, cut off) read
    again and go on from what is there. The last doubtful error is raised when `attempts` tries did not settle it.
    One that `is_new` to Grafana, as far as we know, is made without being looked for first.
    """
    doubt: Exception | None = None
    for attempt in range(attempts):
        existing = None if is_new and attempt == 0 else grafana.public_of(uid)
        change = plan_public(wanted, existing)
        if existing is not None and change is PublicChange.KEEP:
            return existing
        try:
            if existing is not None and change is PublicChange.RECREATE:
                grafana.delete_public(uid, existing.uid)
            if change is PublicChange.UPDATE:
                made = grafana.update_public(
                    uid,
                    wanted.uid,
                    enabled=wanted.enabled,
                    time_selection=wanted.time_selection,
                    annotations=wanted.annotations,
                )
            else:
                made = grafana.create_public(uid, wanted)
        except _DOUBTFUL as fault:
            if isinstance(fault, GrafanaUnreachable) and fault.starting:
                raise
            doubt = fault
            continue
        # A row hidden by `share: email` comes back with its old ids although the answer is 200.
        if plan_public(wanted, made) is PublicChange.KEEP:
            return made
    if doubt is not None:
        raise doubt
    raise GrafanaFault(
        f"Grafana keeps another public dashboard for {uid} than the one asked for",
        method="POST",
        path=f"/api/dashboards/uid/{uid}/public-dashboards",
    )
