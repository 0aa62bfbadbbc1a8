"""Backups of the state that the settings name, written and restored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path

from backend_server.backups.backup import Contents, dump, restore
from backend_server.backups.sealed_file import read_sealed, write_sealed
from backend_server.primitives.secret import Secret
from backend_server.settings import Settings
from backend_server.storage.engine.store import Store
from backend_server.storage.secret_store import SecretStore

from .store import open_store


def write_backup(settings: Settings, file: Path, passphrase: Secret) -> tuple[Contents, int]:
    """Write everything that cannot be made again, encrypted; returns what went into it, and the file's bytes."""
    contents = Contents()
    with _opened(settings, migrate=False) as (store, secrets):
        size = write_sealed(file, dump(store, secrets, settings.templates_dir, contents), passphrase)
    return contents, size


def restore_backup(settings: Settings, file: Path, passphrase: Secret, *, replace: bool) -> Contents:
    """Replace the whole state with a backup, all of it or nothing."""
    lines = read_sealed(file, passphrase)
    first = list(islice(lines, 1))  # a file that is none is refused before a database is made for it
    with _opened(settings, migrate=True) as (store, secrets):
        return restore(store, secrets, settings.templates_dir, chain(first, lines), replace=replace)


@contextmanager
def _opened(settings: Settings, *, migrate: bool) -> Iterator[tuple[Store, SecretStore]]:
    store = open_store(settings, make=migrate)
    try:
        if migrate:
            store.migrate()
        yield store, SecretStore(store, settings.data_dir)
    finally:
        store.close()
