"""`dashwright pack`: list, install, remove."""

from __future__ import annotations

from urllib.parse import quote

import click

from .api import Api, api_command
from .context import show_json, show_table

_WORDS = (("add", "added"), ("change", "changed"), ("remove", "removed"), ("keep", "kept"))


@click.group()
def pack() -> None:
    """Ready-made dashboards, installed and removed as a whole."""


@pack.command("list")
@api_command(json="Print an array of packs.")
def list_packs(*, api: Api, as_json: bool) -> None:
    """List the packs that ship, each with its state."""
    found = api("GET", "/api/packs")
    if as_json:
        show_json(found)
        return
    show_table(
        ("name", "state", "folder", "description"),
        [[row[name] for name in ("name", "state", "folder", "description")] for row in found],
        empty="There are no packs.",
    )


@pack.command("install")
@click.argument("name")
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@api_command()
def install(*, api: Api, name: str, dry_run: bool) -> None:
    """Install a pack, or upgrade it to what ships."""
    path = f"/api/packs/{quote(name, safe='')}"
    before = api("GET", path)
    if not dry_run:
        api("PUT", path)
    counts = ", ".join(f"{len(before['changes'][key])} {word}" for key, word in _WORDS)
    click.echo(f"{'Would be: ' if dry_run else ''}{counts}.")


@pack.command("remove")
@click.argument("name")
@api_command()
def remove(*, api: Api, name: str) -> None:
    """Remove a pack's dashboards: their links end at once, then files and dashboards go."""
    click.echo(api("DELETE", f"/api/packs/{quote(name, safe='')}")["message"])
