"""Dashboards, search, folders, users and provisioning reloads of the signed-in API."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.fakes.grafana.answers import Answer, BadBody, bind, json_answer, message
from tests.fakes.grafana.database import Dashboard, Database, User, now_seconds, short_uid, slug_of
from tests.fakes.grafana.request import Request, Who, avatar_url, need_admin, need_server_admin
from tests.fakes.grafana.walk import store

_UID = re.compile(r"[a-zA-Z0-9_-]{1,40}")
_MAY = {"canAdd": True, "canEdit": True, "canDelete": True}


class DashboardsApi:
    """`/api/dashboards/uid`, `/api/dashboards/db`, `/api/search`, `/api/folders`."""

    def __init__(self, sub_path: str) -> None:
        self.sub_path = sub_path

    def get(self, database: Database, _who: Who, _request: Request, uid: str) -> Answer:
        dashboard = database.find(uid)
        if dashboard is None:
            return message(404, "Dashboard not found")
        if database.twins(dashboard):
            return message(500, "Error while checking if dashboard is provisioned")
        shown = {**dashboard.document, "id": dashboard.internal_id, "version": dashboard.version}
        meta = self._meta(database, dashboard)
        return json_answer(200, {"meta": meta, "dashboard": dict(sorted(shown.items()))})

    def _meta(self, database: Database, dashboard: Dashboard) -> dict[str, Any]:
        folder = dashboard.folder
        slug = slug_of(dashboard.title)
        marked = dashboard.provider is not None and dashboard.shows_mark
        row = database.row_of_dashboard(dashboard.uid)
        meta: dict[str, Any] = {
            "type": "db",
            **{f"can{what}": True for what in ("Save", "Edit", "Admin", "Star", "Delete")},
            "slug": slug,
            "url": f"{self.sub_path}/d/{dashboard.uid}/{slug}",
            "expires": "0001-01-01T00:00:00Z",
            "created": dashboard.created,
            "updated": dashboard.updated,
            "updatedBy": "Anonymous",
            "createdBy": "Anonymous",
            "version": dashboard.version,
            "hasAcl": False,
            "isFolder": False,
            "apiVersion": "v0alpha1",
            "folderId": folder.internal_id if folder else 0,
            "folderUid": folder.uid if folder else "",
            "folderTitle": folder.title if folder else "General",
            "folderUrl": f"{self.sub_path}/dashboards/f/{folder.uid}/{slug_of(folder.title)}" if folder else "",
            "provisioned": marked,
            "provisionedExternalId": dashboard.external_id if marked else "",
            "annotationsPermissions": {"dashboard": _MAY, "organization": _MAY},
        }
        if row is not None and row.enabled and row.share != "email":
            meta["publicDashboardEnabled"] = True
        return meta

    def delete(self, database: Database, who: Who, _request: Request, uid: str) -> Answer:
        with database.lock:
            dashboard = database.find(uid)
            if dashboard is None:
                return message(404, "Dashboard not found")
            if who.role not in ("Admin", "Editor"):
                return need_admin(who, "dashboards:delete") or message(500, "")
            if dashboard.provider is not None or database.twins(dashboard):
                return message(400, "provisioned dashboard cannot be deleted")
            database.dashboards.remove(dashboard)
            database.trash.add(uid)
        title = dashboard.title
        return json_answer(200, {"message": f"Dashboard {title} deleted", "title": title, "uid": uid})

    def save(self, database: Database, who: Who, request: Request) -> Answer:
        try:
            given = bind(request.headers.get("content-type", ""), request.body, {"dashboard": dict})["dashboard"]
        except (BadBody, KeyError):
            return message(400, "bad request data")
        if who.role not in ("Admin", "Editor"):
            return need_admin(who, "any of dashboards:create, dashboards:write") or message(500, "")
        overwrite = json.loads(request.body).get("overwrite") is True
        uid = str(given.get("uid") or short_uid())
        if not given.get("title"):
            return message(400, "Dashboard title cannot be empty")
        if not _UID.fullmatch(uid):
            return message(400, "uid contains illegal characters")
        with database.lock:
            dashboard = database.find(uid)
            stored = store(5.0, given, uid)
            if dashboard is not None and dashboard.provider is not None:
                return message(400, "Cannot save provisioned dashboard")
            if dashboard is None:
                dashboard = Dashboard(uid, database.next_id(), stored)
                database.dashboards.append(dashboard)
            elif not overwrite and given.get("version") != dashboard.version:
                words = "The dashboard has been changed by someone else"
                return json_answer(412, {"message": words, "status": "version-mismatch"})
            else:
                dashboard.document, dashboard.version = stored, dashboard.version + 1
                dashboard.updated = now_seconds()
        slug = slug_of(dashboard.title)
        return json_answer(
            200,
            {
                "folderUid": dashboard.folder.uid if dashboard.folder else "",
                "id": dashboard.internal_id,
                "slug": slug,
                "status": "success",
                "uid": uid,
                "url": f"{self.sub_path}/d/{uid}/{slug}",
                "version": dashboard.version,
            },
        )

    def search(self, database: Database, _who: Who, request: Request) -> Answer:
        limit = request.query_int("limit") or 1000
        if limit > 5000:
            words = "Limit is above maximum allowed (5000), use page parameter to access hits beyond limit"
            return message(422, words)
        text, tag = request.query("query").lower(), request.query("tag")
        uids = {one for one in request.query("dashboardUIDs").split(",") if one}
        page = max(request.query_int("page"), 1)
        with database.lock:
            found = [
                one
                for one in sorted(database.dashboards, key=lambda one: one.title)
                if text in one.title.lower()
                and (not tag or tag in (one.document.get("tags") or []))
                and (not uids or one.uid in uids)
            ]
        return json_answer(200, [self._hit(one) for one in found[(page - 1) * limit : page * limit]])

    def _hit(self, one: Dashboard) -> dict[str, Any]:
        slug = slug_of(one.title)
        hit: dict[str, Any] = {
            "id": one.internal_id,
            "uid": one.uid,
            "orgId": 1,
            "title": one.title,
            "uri": f"db/{slug}",
            "url": f"{self.sub_path}/d/{one.uid}/{slug}",
            "slug": "",
            "type": "dash-db",
            "tags": one.document.get("tags") or [],
            "isStarred": False,
        }
        if one.folder:
            url = f"{self.sub_path}/dashboards/f/{one.folder.uid}/{slug_of(one.folder.title)}"
            hit |= {"folderId": one.folder.internal_id, "folderUid": one.folder.uid}
            hit |= {"folderTitle": one.folder.title, "folderUrl": url}
        return hit | {"sortMeta": 0, "isDeleted": False}

    def folders(self, database: Database, _who: Who, _request: Request) -> Answer:
        return json_answer(
            200, [{"id": one.internal_id, "uid": one.uid, "title": one.title} for one in database.folders]
        )


class UsersApi:
    """`/api/user`, `/api/users`, `/api/org/users`, `/api/admin/users`."""

    def __init__(self, sub_path: str) -> None:
        self.sub_path = sub_path

    def me(self, _database: Database, who: Who, _request: Request) -> Answer:
        user = who.user
        assert user is not None
        return json_answer(
            200,
            {
                "id": user.id,
                "uid": user.uid,
                "email": user.email,
                "name": user.name,
                "login": user.login,
                "theme": "",
                "orgId": 1,
                "isGrafanaAdmin": user.server_admin,
                "isDisabled": False,
                "isExternal": user.external,
                "isExternallySynced": False,
                "isGrafanaAdminExternallySynced": False,
                "authLabels": ["Auth Proxy"],
                "updatedAt": user.updated_at,
                "createdAt": user.created_at,
                "avatarUrl": avatar_url(self.sub_path, user),
                "isProvisioned": False,
            },
        )

    def all(self, database: Database, who: Who, _request: Request) -> Answer:
        return need_server_admin(who, "users:read") or json_answer(200, [self._listed(one) for one in database.users])

    def _listed(self, user: User) -> dict[str, Any]:
        return {
            "id": user.id,
            "uid": user.uid,
            "name": user.name,
            "login": user.login,
            "email": user.email,
            "avatarUrl": avatar_url(self.sub_path, user),
            "isAdmin": user.server_admin,
            "isDisabled": False,
            "isProvisioned": False,
            "lastSeenAt": now_seconds(),
            "lastSeenAtAge": "< 1 minute",
            "authLabels": ["Auth Proxy"] if user.external else [],
            "created": user.created_at,
        }

    def members(self, database: Database, who: Who, _request: Request) -> Answer:
        if refused := need_admin(who, "org.users:read"):
            return refused
        listed = [
            {
                "orgId": 1,
                "userId": one.id,
                "uid": one.uid,
                "email": one.email,
                "name": one.name,
                "avatarUrl": avatar_url(self.sub_path, one),
                "login": one.login,
                "role": one.role,
                "lastSeenAt": now_seconds(),
                "created": one.created_at,
                "lastSeenAtAge": "< 1 minute",
                "isDisabled": False,
                "authLabels": [],
                "isExternallySynced": False,
                "isProvisioned": False,
            }
            for one in sorted(database.users, key=lambda one: one.login)
            if one.role is not None
        ]
        return json_answer(200, listed)

    def create(self, database: Database, who: Who, request: Request) -> Answer:
        if refused := need_server_admin(who, "users:create"):
            return refused
        try:
            fields = {"login": str, "email": str, "password": str, "name": str}
            given = bind(request.headers.get("content-type", ""), request.body, fields)
        except BadBody:
            return message(400, "bad request data")
        login, email = given.get("login", ""), given.get("email", "")
        if not login and not email:
            return message(400, "Validation error, need specify either username or email")
        with database.lock:
            taken = {one.login.lower() for one in database.users} | {one.email.lower() for one in database.users}
            if login.lower() in taken or (email and email.lower() in taken):
                return message(412, f"User with email '{email}' or username '{login}' already exists")
            user = database.add_user(login or email, email or login, name=given.get("name", ""))
        return json_answer(200, {"id": user.id, "uid": user.uid, "message": "User created"})

    def set_role(self, database: Database, who: Who, request: Request, user_id: str) -> Answer:
        if refused := need_admin(who, "org.users:write"):
            return refused
        role = json.loads(request.body or b"{}").get("role")
        user = next((one for one in database.users if str(one.id) == user_id), None)
        if role not in ("Viewer", "Editor", "Admin", "None"):
            return message(400, "Invalid role specified")
        if user is None:
            return message(404, "User not found")
        user.role = role
        return message(200, "Organization user updated")

    def join(self, database: Database, who: Who, request: Request) -> Answer:
        if refused := need_admin(who, "org.users:add"):
            return refused
        given = json.loads(request.body or b"{}")
        name = str(given.get("loginOrEmail", "")).lower()
        user = next((one for one in database.users if name in (one.login.lower(), one.email.lower())), None)
        if user is None:
            return message(404, "User not found")
        if user.role is not None:
            return json_answer(409, {"message": "User is already member of this organization", "userId": user.id})
        user.role = given.get("role", "Viewer")
        return json_answer(200, {"message": "User added to organization", "userId": user.id})
