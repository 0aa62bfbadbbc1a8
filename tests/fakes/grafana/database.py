"""What the fake Grafana remembers: dashboards, public rows, users, folders; `forget_database` empties it."""

from __future__ import annotations

import itertools
import random
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

_UID_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


def now_seconds() -> str:
    """Return the moment as Grafana writes creation times."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def now_nanoseconds() -> str:
    """Return the moment as Grafana writes the time of a PATCH: nine digits, the last never 0 (Go trims zeros)."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + f"{random.randint(100, 998) | 1:03d}Z"


def short_uid() -> str:
    """Make a uid as Grafana makes them: 14 characters, a letter first."""
    return random.choice("abcdefg") + "".join(random.choice(_UID_ALPHABET) for _ in range(13))


def slug_of(title: str) -> str:
    """Make a URL slug of a title."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


@dataclass
class Folder:
    """A folder; the root ("General") is None everywhere."""

    uid: str
    title: str
    internal_id: int


@dataclass
class Dashboard:
    """A stored dashboard. `provider` None = no provisioning mark."""

    uid: str
    internal_id: int
    document: dict[str, Any]
    version: int = 1
    created: str = field(default_factory=now_seconds)
    updated: str = field(default_factory=now_seconds)
    folder: Folder | None = None
    provider: str | None = None
    path: str = ""
    external_id: str = ""
    checksum: str = ""
    shows_mark: bool = True

    @property
    def title(self) -> str:
        return str(self.document.get("title", ""))

    def unmark(self) -> None:
        self.provider, self.path, self.external_id, self.checksum = None, "", "", ""


@dataclass
class PublicRow:
    """One row of the table of public dashboards."""

    uid: str
    dashboard_uid: str
    access_token: str
    user_id: int
    enabled: bool
    time_selection: bool
    annotations: bool
    share: str
    created_at: str = field(default_factory=now_seconds)
    updated_at: str = ""
    updated_by: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "uid": self.uid,
            "dashboardUid": self.dashboard_uid,
            "accessToken": self.access_token,
            "createdBy": self.user_id,
            "updatedBy": self.updated_by or self.user_id,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at or self.created_at,
            "timeSelectionEnabled": self.time_selection,
            "isEnabled": self.enabled,
            "annotationsEnabled": self.annotations,
            "share": self.share,
        }


@dataclass
class User:
    """A user; `role` is that in the only org, None = not a member."""

    id: int
    login: str
    email: str
    name: str = ""
    role: str | None = "Viewer"
    server_admin: bool = False
    external: bool = False
    uid: str = field(default_factory=short_uid)
    created_at: str = field(default_factory=now_seconds)
    updated_at: str = field(default_factory=now_seconds)


T = TypeVar("T")


class Table(list[T]):
    """A list that finds by its key attributes; fill it by `append`, `remove` or anew."""

    def __init__(self, keys: tuple[str, ...], items: Iterable[T] = ()) -> None:
        super().__init__()
        self._found: dict[str, dict[object, list[T]]] = {key: {} for key in keys}
        for item in items:
            self.append(item)

    def append(self, item: T) -> None:
        super().append(item)
        for key, found in self._found.items():
            found.setdefault(getattr(item, key), []).append(item)

    def remove(self, item: T) -> None:
        super().remove(item)
        for key, found in self._found.items():
            found[getattr(item, key)].remove(item)

    def find_all(self, key: str, value: object) -> list[T]:
        return self._found[key].get(value, [])

    def find(self, key: str, value: object) -> T | None:
        return next(iter(self.find_all(key, value)), None)


class Database:
    """All tables, guarded by `lock`; a new one holds the administrator and nothing else."""

    def __init__(self, admin_user: str) -> None:
        self.lock = threading.RLock()
        self.dashboards = []
        self.rows = []
        self.folders: list[Folder] = []
        self.users = [User(1, admin_user, "admin@localhost", role="Admin", server_admin=True)]
        self.trash: set[str] = set()  # uids deleted over the API since the last clean-up tick
        self.seen_headers: dict[str, int] = {}  # spellings of the proxy header, cached with their user
        self._ids = itertools.count(random.randint(38_000_000, 38_999_999))

    @property
    def dashboards(self) -> Table[Dashboard]:
        return self._dashboards

    @dashboards.setter
    def dashboards(self, dashboards: Iterable[Dashboard]) -> None:
        self._dashboards = Table(("uid", "internal_id"), dashboards)

    @property
    def rows(self) -> Table[PublicRow]:
        return self._rows

    @rows.setter
    def rows(self, rows: Iterable[PublicRow]) -> None:
        self._rows = Table(("uid", "dashboard_uid", "access_token"), rows)

    def next_id(self) -> int:
        return next(self._ids) * 100_000_000 + 44_512

    def find(self, uid: str) -> Dashboard | None:
        return self.dashboards.find("uid", uid)

    def twins(self, dashboard: Dashboard) -> bool:
        """Whether another dashboard has the same internal id, which no call survives."""
        return len(self.dashboards.find_all("internal_id", dashboard.internal_id)) > 1

    def folder_of(self, title: str, uid: str = "") -> Folder | None:
        if not title and not uid:
            return None
        found = next((one for one in self.folders if (one.uid == uid if uid else one.title == title)), None)
        if found is None:
            found = Folder(uid or short_uid(), title or uid, self.next_id())
            self.folders.append(found)
        return found

    def row_of_dashboard(self, dashboard_uid: str) -> PublicRow | None:
        return self.rows.find("dashboard_uid", dashboard_uid)

    def row_of_token(self, token: str) -> PublicRow | None:
        return self.rows.find("access_token", token)

    def row(self, uid: str) -> PublicRow | None:
        return self.rows.find("uid", uid)

    def add_user(self, login: str, email: str = "", *, name: str = "", role: str | None = "Viewer") -> User:
        user = User(max(one.id for one in self.users) + 1, login, email, name=name, role=role)
        self.users.append(user)
        return user

    def clean_up(self) -> None:
        """Do what Grafana's 30 s tick does: drop the rows of dashboards that the API deleted and that stayed away."""
        with self.lock:
            gone = {uid for uid in self.trash if self.find(uid) is None}
            self.rows = [row for row in self.rows if row.dashboard_uid not in gone]
            self.trash.clear()
