"""Provisioning from files: the walk over a provider's folder, the reload, duplicates and what each fault does."""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.fakes.grafana.database import Dashboard, Database, Folder, now_seconds, short_uid
from tests.fakes.grafana.providers import Provider, read_providers

_KNOWN_MOST = 1000  # Grafana finds a provider's known dashboards by a search capped at this
_UID = re.compile(r"[a-zA-Z0-9_-]+")


class MissingFolder(Exception):
    """A provider's folder is not there: the pass ends, and the reload still says 200."""


class UnreadableFolder(Exception):
    """A folder cannot be read: the pass ends, the reload says 500, a start exits."""


class BadFile(Exception):
    """A file that is logged and passed over."""


class Provisioner:
    """Reads the provider YAML and walks the folders into the database, one walk at a time."""

    def __init__(self, provisioning: Path, environment: Mapping[str, str], min_refresh_seconds: float = 5.0) -> None:
        self.provisioning = provisioning
        self.environment = environment
        self.min_refresh_seconds = min_refresh_seconds
        self.providers: list[Provider] = []
        self.log: list[str] = []
        self.unreadable: set[Path] = set()
        self.seconds_per_saved_file = 0.0
        self.reload_count = 0
        self.walking = threading.RLock()
        self.is_walking = False

    def reload(self, database: Database) -> None:
        """Read the YAML, delete what has no provider, walk all in order, look for duplicates.

        Raises BrokenYaml (nothing was touched) or UnreadableFolder; a missing folder only ends the walks.
        """
        with self.walking:
            providers = read_providers(self.provisioning, self.environment)
            self._delete_orphans(database, {one.name for one in providers})
            self._folder_trap(database, providers)
            self.providers = providers
            self.is_walking = True
            try:
                for provider in providers:
                    self.walk(database, provider)
            except MissingFolder as fault:
                self.log.append(f"cannot read directory; failed to provision config: {fault}")
            finally:
                self.is_walking = False
            self.check_duplicates()

    def poll(self, database: Database, provider: Provider) -> None:
        """Walk one provider as its ticker does: faults are only logged."""
        with self.walking:
            try:
                self.walk(database, provider)
            except (MissingFolder, UnreadableFolder) as fault:
                self.log.append(f"failed to walk provisioned dashboards: {fault}")

    def walk(self, database: Database, provider: Provider) -> None:
        """Walk one provider's folder: first what is missing, then each file."""
        root = Path(os.path.realpath(provider.path))
        if not root.exists():
            raise MissingFolder(str(provider.path))
        files = self._files(root)
        with database.lock:
            marked = sorted((one for one in database.dashboards if one.provider == provider.name), key=lambda d: d.uid)
            # Copies: what was known when the walk began decides about each file, not what the walk changed since.
            known = {one.path: replace(one) for one in marked[:_KNOWN_MOST]}
            for path, gone in known.items():
                if path not in files:
                    self._missing(database, provider, gone)
        uids: Counter[str] = Counter()
        titles: Counter[tuple[str, str]] = Counter()
        for path in files:
            saved = False
            with database.lock:
                try:
                    document, checksum = self._load(Path(path))
                    folder = self._folder(database, provider, root, Path(path))
                    uids[str(document.get("uid") or "")] += 1
                    titles[(str(document["title"]), folder.uid if folder else "")] += 1
                    dashboard = known.get(path)
                    if dashboard is None or dashboard.checksum != checksum:
                        if provider.restricted:
                            self.log.append(f"Not saving new dashboard due to restricted database access: {path}")
                            continue
                        rel = str(Path(path).relative_to(root))
                        self._save(database, provider, dashboard, document, path, rel, checksum, folder)
                        saved = True
                except BadFile as fault:
                    self.log.append(f"{path}: {fault}")
            if saved and self.seconds_per_saved_file:
                time.sleep(self.seconds_per_saved_file)
        provider.uids, provider.titles = uids, titles

    def check_duplicates(self) -> None:
        """Take write permission from each provider that takes part in a duplicate uid or title; give it to the rest."""
        uids: Counter[str] = Counter()
        titles: Counter[tuple[str, str]] = Counter()
        for provider in self.providers:
            uids.update(provider.uids)
            titles.update(provider.titles)
        for provider in self.providers:
            same_uid = any(uids[uid] > 1 for uid in provider.uids if uid)
            same_title = any(titles[title] > 1 for title in provider.titles)
            if same_uid:
                self.log.append(f"the same UID is used more than once: {provider.name}")
            if same_title:
                self.log.append(f"dashboard title is not unique in folder: {provider.name}")
            provider.restricted = same_uid or same_title
            if provider.restricted:
                self.log.append(f"{provider.name}: no database write permissions because of duplicates")

    def _delete_orphans(self, database: Database, names: set[str]) -> None:
        with database.lock:
            database.dashboards = [one for one in database.dashboards if one.provider is None or one.provider in names]

    def _folder_trap(self, database: Database, providers: list[Provider]) -> None:
        """One folder title shared by all providers, two dashboards in one of them: everything is made anew (12.4.0)."""
        titles = {one.folder for one in providers}
        if len(titles) != 1 or "" in titles:
            return
        with database.lock:
            counts = Counter(one.provider for one in database.dashboards if one.provider)
            if any(count >= 2 for count in counts.values()):
                self.log.append("deleted duplicated provisioned resource")
                database.dashboards = [one for one in database.dashboards if one.provider is None]

    def _files(self, root: Path) -> list[str]:
        """Return every `.json` below the root, links to files included; hidden folders are passed over."""
        found: list[str] = []
        if root.name.startswith("."):
            return found
        if any(folder == root or root in folder.parents for folder in self.unreadable):
            raise UnreadableFolder(f"{root}: permission denied")
        try:
            for folder, folders, names in os.walk(root, onerror=_refuse):
                folders[:] = sorted(one for one in folders if not one.startswith("."))
                found += [str(Path(folder, name)) for name in sorted(names) if name.endswith(".json")]
        except FileNotFoundError as fault:
            self.log.append(f"file vanished during the walk: {fault}")
        except OSError as fault:
            raise UnreadableFolder(str(fault)) from fault
        return sorted(found)

    def _missing(self, database: Database, provider: Provider, dashboard: Dashboard) -> None:
        if database.twins(dashboard):
            self.log.append(f"unexpected number of dashboards for id {dashboard.internal_id}: found 2. desired: 1")
            return
        stored = database.find(dashboard.uid)
        if stored is None:
            return
        if provider.disable_deletion:
            stored.unmark()
        else:
            database.dashboards.remove(stored)

    def _load(self, path: Path) -> tuple[dict[str, Any], str]:
        try:
            content = path.read_bytes()
        except OSError as fault:
            raise BadFile(f"failed to load dashboard: {fault.strerror}") from fault
        try:
            document = json.loads(content.decode("utf-8"))
        except ValueError as fault:
            raise BadFile(f"failed to load dashboard: {fault}") from fault
        if isinstance(document, dict) and "apiVersion" in document and isinstance(document.get("spec"), dict):
            document = {**document["spec"], "uid": document.get("metadata", {}).get("name", "")}
        if not isinstance(document, dict) or not document.get("title"):
            raise BadFile("failed to load dashboard: Dashboard title cannot be empty")
        uid = str(document.get("uid") or "")
        if len(uid) > 40:
            raise BadFile("failed to save dashboard: uid too long, max 40 characters")
        if uid and not _UID.fullmatch(uid):
            raise BadFile("failed to save dashboard: uid contains illegal characters")
        if any(len(str(tag)) > 50 for tag in document.get("tags") or []):
            raise BadFile("failed to save dashboard: dashboard tag too long, max 50 characters")
        return document, hashlib.md5(content, usedforsecurity=False).hexdigest()

    def _folder(self, database: Database, provider: Provider, root: Path, path: Path) -> Folder | None:
        if provider.from_structure:
            return database.folder_of(path.parent.name) if path.parent != root else None
        return database.folder_of(provider.folder, provider.folder_uid)

    def _save(
        self,
        database: Database,
        provider: Provider,
        known: Dashboard | None,
        document: dict[str, Any],
        path: str,
        external_id: str,
        checksum: str,
        folder: Folder | None,
    ) -> None:
        uid = str(document.get("uid") or "") or (known.uid if known else short_uid())
        if known is not None and database.twins(known):
            raise BadFile(f"unexpected number of dashboards for id {known.internal_id}: found 2. desired: 1")
        target = database.find(uid)
        if known is not None and known.uid != uid and target is not None:
            raise BadFile("failed to save dashboard: A dashboard with the same uid already exists")
        stored = store(self.min_refresh_seconds, document, uid)
        if target is None:
            # A known file whose uid changed keeps its internal id: two dashboards then share it, for good.
            internal_id = known.internal_id if known is not None else database.next_id()
            target = Dashboard(uid, internal_id, stored)
            database.dashboards.append(target)
        elif target.document != stored:
            target.document, target.version, target.updated = stored, target.version + 1, now_seconds()
        target.provider, target.path, target.external_id = provider.name, path, external_id
        target.checksum, target.folder, target.shows_mark = checksum, folder, not provider.allow_ui_updates


def store(min_refresh_seconds: float, document: Mapping[str, Any], uid: str) -> dict[str, Any]:
    """Return the document as Grafana stores it: own uid, no id and version, `refresh` not below the least."""
    stored = {name: value for name, value in document.items() if name not in ("id", "version")}
    stored["uid"] = uid
    found = re.fullmatch(r"(\d+)(ms|s)", str(stored.get("refresh") or ""))
    if found and int(found[1]) / (1000 if found[2] == "ms" else 1) < min_refresh_seconds:
        stored["refresh"] = f"{int(min_refresh_seconds)}s"
    return stored


def _refuse(fault: OSError) -> None:
    raise fault
