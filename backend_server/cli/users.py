"""`dashwright user`: the people who may sign in."""

from __future__ import annotations

import sys
from typing import Any
from urllib.parse import quote

import click

from .api import Api, api_command
from .context import show_json, show_table

_ROLES = click.Choice(["viewer", "editor", "admin"])


@click.group()
def user() -> None:
    """People who may sign in. A password is asked for, or read from standard input; it is no argument."""


@user.command("add")
@click.argument("name")
@click.option("--role", type=_ROLES, default="viewer", show_default=True)
@api_command()
def add(*, api: Api, name: str, role: str) -> None:
    """Add a person."""
    made = api("POST", "/api/users", {"name": name, "role": role, "password": _password()})
    click.echo(f"{made['name']} may sign in as {made['role']}.")


@user.command("list")
@api_command(json="Print an array of users.")
def list_users(*, api: Api, as_json: bool) -> None:
    """List everybody by name."""
    found = api("GET", "/api/users")
    if as_json:
        show_json(found)
        return
    show_table(
        ("name", "role", "state", "created", "last seen"),
        [
            (
                row["name"],
                row["role"],
                "disabled" if row["disabled"] else "active",
                row.get("created_at") or "",
                row.get("last_seen_at") or "never",
            )
            for row in found
        ],
        empty="There are no users.",
    )


@user.command("passwd")
@click.argument("name")
@api_command()
def passwd(*, api: Api, name: str) -> None:
    """Set a person's password; ends the person's sessions."""
    _edit(api, name, {"password": _password()})


@user.command("role")
@click.argument("name")
@click.argument("role", type=_ROLES)
@api_command()
def change_role(*, api: Api, name: str, role: str) -> None:
    """Change a person's role; ends the person's sessions."""
    _edit(api, name, {"role": role})


@user.command("disable")
@click.argument("name")
@api_command()
def disable(*, api: Api, name: str) -> None:
    """Keep a person from signing in; sessions end at once."""
    _edit(api, name, {"disabled": True})


@user.command("enable")
@click.argument("name")
@api_command()
def enable(*, api: Api, name: str) -> None:
    """Enable a disabled person, who may then sign in again."""
    _edit(api, name, {"disabled": False})


@user.command("remove")
@click.argument("name")
@api_command()
def remove(*, api: Api, name: str) -> None:
    """Remove a person for good; what the person created stays."""
    click.echo(api("DELETE", f"/api/users/{quote(name, safe='')}")["message"])


def _edit(api: Api, name: str, body: dict[str, Any]) -> None:
    now = api("PATCH", f"/api/users/{quote(name, safe='')}", body)
    click.echo(f"{now['name']}: {now['role']}, {'disabled' if now['disabled'] else 'active'}")


def _password() -> str:
    """Ask for a password twice, or take one line of standard input when nobody sits there."""
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")
