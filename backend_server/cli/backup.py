"""`dashwright backup FILE` and `restore FILE`: everything that cannot be made anew, encrypted with a passphrase."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backend_server.errors import ConfigError
from backend_server.primitives.secret import Secret
from backend_server.settings import current_settings

from .context import show_json

if TYPE_CHECKING:
    from backend_server.settings import Settings
    from backend_server.storage.engine.store import Store
    from backend_server.storage.secret_store import SecretStore

_VARIABLE = "BACKUP_PASSPHRASE"
_FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
_PASSPHRASE = click.option(
    "--passphrase-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"File that holds the passphrase; or {_VARIABLE}, {_VARIABLE}_FILE, or it is asked for.",
)


@click.command()
@_FILE
@_PASSPHRASE
@click.option("--json", "as_json", is_flag=True, help="Print what went into it as JSON.")
def backup(file: Path, passphrase_file: Path | None, as_json: bool) -> None:
    """Write state, templates and kept secrets to FILE. The service may go on running."""
    from backend_server.backups.backup import Contents, dump
    from backend_server.backups.sealed_file import write_sealed

    passphrase = _passphrase(passphrase_file, confirm=True)
    contents = Contents()
    with _opened() as (settings, store, secrets):
        size = write_sealed(file, dump(store, secrets, settings.templates_dir, contents), passphrase)
    if as_json:
        show_json({**contents.as_json(), "bytes": size})
    else:
        rows = contents.rows
        click.echo(
            f"{file}: {rows.get('devices', 0)} devices, {rows.get('links', 0)} links, {len(contents.templates)} "
            f"template files, {contents.secrets} secrets; {size / 1e6:.1f} MB."
        )


@click.command()
@_FILE
@_PASSPHRASE
@click.option("--replace", is_flag=True, help="Even when the database holds devices or links.")
@click.option("--json", "as_json", is_flag=True, help="Print what was restored as JSON.")
def restore(file: Path, passphrase_file: Path | None, replace: bool, as_json: bool) -> None:
    """Put the backup in FILE in the place of what is there, all of it or nothing. Stop the service first."""
    from backend_server.backups.backup import restore as restore_into
    from backend_server.backups.sealed_file import read_sealed

    passphrase = _passphrase(passphrase_file, confirm=False)
    with _opened(migrate=True) as (settings, store, secrets):
        lines = read_sealed(file, passphrase)
        contents = restore_into(store, secrets, settings.templates_dir, lines, replace=replace)
    if as_json:
        show_json(contents.as_json())
    else:
        rows = contents.rows
        click.echo(
            f"Restored {rows.get('devices', 0)} devices and {rows.get('links', 0)} links with their addresses. "
            "Clients send again what they know; start the service."
        )


@contextmanager
def _opened(*, migrate: bool = False) -> Iterator[tuple[Settings, Store, SecretStore]]:
    from backend_server.storage.secret_store import SecretStore
    from backend_server.wiring.store import open_store

    settings = current_settings()
    store = open_store(settings, make=migrate)
    try:
        if migrate:
            store.migrate()
        yield settings, store, SecretStore(store, settings.data_dir)
    finally:
        store.close()


def _passphrase(file: Path | None, *, confirm: bool) -> Secret:
    """Find the passphrase: the option, the variable, its file, the terminal. Raises ConfigError."""
    named = os.environ.get(f"{_VARIABLE}_FILE")
    if file is None and named:
        file = Path(named)
    try:
        found = file.read_text(encoding="utf-8").strip() if file is not None else os.environ.get(_VARIABLE, "")
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigError(f"The file of the passphrase, {file}, cannot be read ({type(fault).__name__}).") from fault
    if not found and sys.stdin.isatty():
        found = click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm)
    if not found:
        raise ConfigError(f"A backup needs a passphrase: set {_VARIABLE} or give --passphrase-file.")
    return Secret(found)
