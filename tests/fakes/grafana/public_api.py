"""The administration API of public dashboards, its errors in Grafana's order, and its traps."""

from __future__ import annotations

import re
import time
import uuid

from tests.fakes.grafana.answers import Answer, BadBody, bind, json_answer, json_line, public_error
from tests.fakes.grafana.database import Database, PublicRow, now_nanoseconds, short_uid, slug_of
from tests.fakes.grafana.request import Request, Who, need_admin

_SHORT_UID = re.compile(r"[a-zA-Z0-9_-]+")
_WRITE = "dashboards.public:write"
_FIELDS = {
    "uid": str,
    "accessToken": str,
    "isEnabled": bool,
    "annotationsEnabled": bool,
    "timeSelectionEnabled": bool,
    "share": str,
}


class PublicApi:
    """`/api/dashboards/uid/{uid}/public-dashboards` and the list."""

    def __init__(self) -> None:
        self.race_window_seconds = 0.0  # between looking and inserting, as concurrent creations meet it

    def get(self, database: Database, who: Who, _request: Request, dashboard_uid: str) -> Answer:
        if who.role != "Admin" and database.find(dashboard_uid) is None:
            return json_line(404, {"message": "Dashboard not found", "title": "Not found"})
        if not _SHORT_UID.fullmatch(dashboard_uid):
            return public_error("identifierNotSet")
        row = database.row_of_dashboard(dashboard_uid)
        return public_error("notFound") if row is None or row.share == "email" else json_answer(200, row.as_json())

    def create(self, database: Database, who: Who, request: Request, dashboard_uid: str) -> Answer:
        if refused := need_admin(who, _WRITE):
            return refused
        if not _SHORT_UID.fullmatch(dashboard_uid):
            return public_error("invalidUid")
        try:
            given = bind(request.headers.get("content-type", ""), request.body, _FIELDS)
        except BadBody:
            return public_error("badRequest")
        uid, token, share = given.get("uid") or "", given.get("accessToken") or "", given.get("share") or ""
        if uid and not _SHORT_UID.fullmatch(uid):
            return public_error("invalidUid")
        if token and not is_access_token(token):
            return public_error("invalidAccessToken")
        if share not in ("", "public", "email"):
            return public_error("invalidShareType")
        with database.lock:
            if database.find(dashboard_uid) is None:
                return public_error("dashboardNotFound")
            existing = database.row_of_dashboard(dashboard_uid)
            if existing is not None:
                if existing.share != "email":
                    return public_error("dashboardIsPublic")
                existing.share = "public"
                return self._switch(existing, given, who)
            if uid and database.row(uid) is not None:
                return public_error("uidExists")
            if token and database.row_of_token(token) is not None:
                return public_error("accessTokenExists")
        if self.race_window_seconds:
            time.sleep(self.race_window_seconds)
        row = PublicRow(
            uid=uid or short_uid(),
            dashboard_uid=dashboard_uid,
            access_token=token or uuid.uuid4().hex,
            user_id=who.user.id if who.user else 0,
            enabled=given.get("isEnabled", False),
            time_selection=given.get("timeSelectionEnabled", False),
            annotations=given.get("annotationsEnabled", False),
            share=share or "public",
        )
        with database.lock:
            if database.row(row.uid) is not None or database.row_of_token(row.access_token) is not None:
                return public_error("internalServerError")  # the unique index of the table
            database.rows.append(row)
        return json_answer(200, row.as_json())

    def update(self, database: Database, who: Who, request: Request, dashboard_uid: str, uid: str) -> Answer:
        if refused := need_admin(who, _WRITE):
            return refused
        if not _SHORT_UID.fullmatch(dashboard_uid) or not _SHORT_UID.fullmatch(uid):
            return public_error("invalidUid")
        try:
            given = bind(request.headers.get("content-type", ""), request.body, _FIELDS)
        except BadBody:
            return public_error("badRequest")
        if given.get("share", "") not in ("", "public", "email"):
            return public_error("invalidShareType")
        with database.lock:
            if database.find(dashboard_uid) is None:
                return public_error("dashboardNotFound")
            row = database.row(uid)
            if row is None:
                return public_error("notFound")
            if row.dashboard_uid != dashboard_uid:
                return public_error("invalidUid")
            row.share = given.get("share") or row.share
            return self._switch(row, given, who)

    def delete(self, database: Database, who: Who, _request: Request, dashboard_uid: str, uid: str) -> Answer:
        if refused := need_admin(who, _WRITE):
            return refused
        if not _SHORT_UID.fullmatch(dashboard_uid) or not _SHORT_UID.fullmatch(uid):
            return public_error("invalidUid")
        with database.lock:
            row = database.row(uid)
            if row is None:
                return public_error("notFound")
            if row.dashboard_uid != dashboard_uid:
                return public_error("invalidUid")
            database.rows.remove(row)
        return Answer(200)

    def list(self, database: Database, _who: Who, request: Request) -> Answer:
        per_page = request.query_int("perpage")
        per_page = per_page if per_page > 0 else 1000
        page = max(request.query_int("page"), 1)
        with database.lock:
            dashboards = {one.uid: one for one in database.dashboards}
            listed = []
            for row in database.rows:
                dashboard = dashboards.get(row.dashboard_uid)
                if dashboard is not None:
                    listed.append(
                        {
                            "uid": row.uid,
                            "accessToken": row.access_token,
                            "title": dashboard.title,
                            "dashboardUid": row.dashboard_uid,
                            "isEnabled": row.enabled,
                            "slug": slug_of(dashboard.title),
                        }
                    )
        listed.sort(key=lambda one: str(one["title"]))
        total, listed = len(listed), listed[(page - 1) * per_page : page * per_page]
        return json_answer(200, {"publicDashboards": listed, "totalCount": total, "page": page, "perPage": per_page})

    @staticmethod
    def _switch(row: PublicRow, given: dict[str, object], who: Who) -> Answer:
        row.enabled = bool(given.get("isEnabled", row.enabled))
        row.time_selection = bool(given.get("timeSelectionEnabled", row.time_selection))
        row.annotations = bool(given.get("annotationsEnabled", row.annotations))
        row.updated_at, row.updated_by = now_nanoseconds(), who.user.id if who.user else 0
        return json_answer(200, row.as_json())


def is_access_token(text: str) -> bool:
    """Whether Grafana takes the text for a UUID: 32 hex digits, hyphenated or not."""
    return re.fullmatch(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text) is not None
