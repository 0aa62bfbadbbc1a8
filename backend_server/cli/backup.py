"""`dashwright backup FILE` and `restore FILE`: everything that cannot be recreated, encrypted with a passphrase."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from backend_server.errors import ConfigError
from backend_server.primitives.secret import Secret
from backend_server.settings import current_settings

from .context import show_json

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
    """Write state, templates and stored secrets to FILE. The service may go on running."""
    from backend_server.wiring.backups import write_backup

    passphrase = _passphrase(passphrase_file, confirm=True)
    contents, size = write_backup(current_settings(), file, passphrase)
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
    """Replace the whole state with the backup in FILE, all of it or nothing. Stop the service first."""
    from backend_server.wiring.backups import restore_backup

    passphrase = _passphrase(passphrase_file, confirm=False)
    contents = restore_backup(current_settings(), file, passphrase, replace=replace)
    if as_json:
        show_json(contents.as_json())
    else:
        rows = contents.rows
        click.echo(
            f"Restored {rows.get('devices', 0)} devices and {rows.get('links', 0)} links with their addresses. "
            "Clients send again what they know; start the service."
        )


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
