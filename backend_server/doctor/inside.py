"""This machine: the settings, the database and the disk under it. Read only: nothing is created or changed."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path
from urllib.parse import unquote, urlsplit

from backend_server.documents.status import DocumentState
from backend_server.errors import DashwrightError
from backend_server.primitives.clock import epoch_ms
from backend_server.settings import LinkTokens, Settings
from backend_server.wiring.monitoring import disk_kind, stored_state
from backend_server.wiring.reconcile import build_filling
from backend_server.wiring.store import DATABASE_FILE, SECRETS_FILE, open_store
from backend_server.wiring.upstreams import build_prometheus

from .facts import SettingsFacts, StateFacts

_SECRETS = (
    "admin_password", "api_token", "metrics_token", "jwt_secret", "secret_key",
    "grafana_admin_password", "grafana_secret_key", "grafana_token", "dashboards_db_password",
)  # fmt: skip


def look_at_settings(settings: Settings) -> SettingsFacts:
    """Collect the facts of the settings."""
    given = {name.upper(): getattr(settings, name) for name in _SECRETS}
    secrets = {name: secret.reveal() for name, secret in given.items() if secret is not None}
    if settings.database_url is not None:
        password = urlsplit(settings.database_url.reveal()).password
        if password:
            secrets["DATABASE_URL"] = unquote(password)
    return SettingsFacts(
        public_url=settings.base_url,
        listen_host=settings.listen_host,
        has_password=settings.admin_password is not None,
        outbound_allow=settings.outbound_allow,
        secrets=secrets,
    )


def look_at_state(settings: Settings) -> tuple[StateFacts, float | None]:
    """Examine the database and its disk; returns the facts, and how far the database's clock is ahead of ours."""
    url = settings.database_url.reveal() if settings.database_url else None
    path = _sqlite_path(url, settings.data_dir)
    journal_mode = problem = None
    if path is not None:
        journal_mode, problem = _journal_mode(path)
    stored = _StoredFacts()
    # Opening the store would switch WAL on: what is to be reported must not be fixed by looking.
    if problem is None and journal_mode in (None, "wal"):
        problem = stored.read(settings)
    facts = StateFacts(
        dialect="postgresql" if path is None else "sqlite",
        database_problem=problem,
        journal_mode=journal_mode,
        filesystem=disk_kind(settings),
        derived_tokens=settings.link_tokens is LinkTokens.DERIVED,
        free_bytes=_free(settings.data_dir),
        loose_files=_loose(settings.data_dir, path),
        links_without_expiry=stored.links,
        worker_leads=stored.leads,
        failed_documents=stored.failed,
        outdated_documents=stored.outdated,
        removals_held=stored.held,
        prometheus_answers=_prometheus(settings),
    )
    return facts, stored.ahead_seconds


class _StoredFacts:
    """What the store reports, as far as it could be read."""

    def __init__(self) -> None:
        self.links: int | None = None
        self.leads: bool | None = None
        self.failed: int | None = None
        self.outdated: int | None = None
        self.held = False
        self.ahead_seconds: float | None = None

    def read(self, settings: Settings) -> str | None:
        """Read everything; returns the reason when the database cannot be used."""
        try:
            store = open_store(settings)
        except DashwrightError as fault:
            return fault.message
        try:
            store.check()
            state = stored_state(store)
            self.ahead_seconds = (state.now_ms() - epoch_ms()) / 1000
            self.held = state.removals_held()
            self.links = state.links_without_expiry()
            self.failed = state.documents_by_state().get(DocumentState.FAILED, 0)
            self.outdated = len(build_filling(settings, store).outdated())
            lease = state.lease()
            self.leads = lease is not None and lease.held
        except DashwrightError as fault:
            return fault.message
        finally:
            store.close()
        return None


def _sqlite_path(url: str | None, data_dir: Path) -> Path | None:
    if url is None:
        return data_dir / DATABASE_FILE
    return Path(url.partition("///")[2] or DATABASE_FILE) if url.startswith("sqlite") else None


def _journal_mode(path: Path) -> tuple[str | None, str | None]:
    """Read a SQLite file's journal mode without changing it, or why it cannot be read."""
    if not path.exists():
        return None, f"There is no database at {path}."
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)
        try:
            return str(connection.execute("PRAGMA journal_mode").fetchone()[0]), None
        finally:
            connection.close()
    except sqlite3.Error as fault:
        return None, f"The database {path} cannot be read: {fault}."


def _free(path: Path) -> int | None:
    try:
        return shutil.disk_usage(path).free
    except OSError:
        return None


def _loose(data_dir: Path, database: Path | None) -> tuple[str, ...]:
    """Return the private files that other users could read, through their folder too."""
    found = []
    for file in (data_dir / SECRETS_FILE, database):
        if file is None:
            continue
        try:
            if os.stat(file).st_mode & 0o044 and os.stat(file.parent).st_mode & 0o011:
                found.append(str(file))
        except OSError:
            continue  # not there: another finding says so
    return tuple(found)


def _prometheus(settings: Settings) -> bool | None:
    client = build_prometheus(settings, timeout_seconds=5.0)
    try:
        return client.ready()
    except DashwrightError:
        return False
    finally:
        client.close()
