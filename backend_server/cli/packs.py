"""`dashwright pack`: list, install, remove."""

from __future__ import annotations

from urllib.parse import quote

import click

from .api import api_options, open_api
from .context import show_json, show_table

_WORDS = (("add", "added"), ("change", "changed"), ("remove", "removed"), ("keep", "kept"))


@click.group()
def pack() -> None:
    """Ready-made dashboards, installed and removed as a whole."""


@pack.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print an array of packs.")
@api_options
def list_packs(*, as_json: bool, url: str | None, token: str | None) -> None:
    """List the packs that ship, each with its state."""
    with open_api(url, token) as api:
        found = api("GET", "/api/packs")
    if as_json:
        show_json(found)
        return
    show_table(
        ("name", "state", "folder", "description"),
        [[one[name] for name in ("name", "state", "folder", "description")] for one in found],
        empty="There are no packs.",
    )


@pack.command("install")
@click.argument("name")
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@api_options
def install(name: str, *, dry_run: bool, url: str | None, token: str | None) -> None:
    """Install a pack, or upgrade it to what ships."""
    path = f"/api/packs/{quote(name, safe='')}"
    with open_api(url, token) as api:
        before = api("GET", path)
        if not dry_run:
            api("PUT", path)
    counts = ", ".join(f"{len(before['changes'][key])} {word}" for key, word in _WORDS)
    click.echo(f"{'Would be: ' if dry_run else ''}{counts}.")


@pack.command("remove")
@click.argument("name")
@api_options
def remove(name: str, url: str | None, token: str | None) -> None:
    """Remove a pack's dashboards: their links end at once, then files and dashboards go."""
    with open_api(url, token) as api:
        click.echo(api("DELETE", f"/api/packs/{quote(name, safe='')}")["message"])
