"""The database of the settings, opened; the same for every program and command."""

from __future__ import annotations

from backend_server.settings import Settings
from backend_server.storage.engine.disk import make_private_folder
from backend_server.storage.engine.store import FILE_NAME as DATABASE_FILE
from backend_server.storage.engine.store import Store
from backend_server.storage.engine.store import database_exists as _exists
from backend_server.storage.secret_store import FILE_NAME as SECRETS_FILE

__all__ = ["DATABASE_FILE", "SECRETS_FILE", "database_exists", "make_private_folder", "open_store"]


def database_exists(settings: Settings) -> bool:
    """Whether SQLite's file is there with tables in it; a database of DATABASE_URL is a server's to keep."""
    return _exists(settings.database_url.reveal() if settings.database_url else None, settings.data_dir)


def open_store(settings: Settings, *, make: bool = False) -> Store:
    """Open the database; raises ConfigError when that cannot be done.

    Without `make` a SQLite file that is not there is such a case: `prepare` makes it, and made elsewhere, a wrong
    DATA_DIR would be hidden.
    """
    return Store.open(settings.database_url.reveal() if settings.database_url else None, settings.data_dir, make=make)
