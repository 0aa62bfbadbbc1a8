"""`dashwright user`: the people who may sign in."""

from __future__ import annotations

import sys
from typing import Any
from urllib.parse import quote

import click

from .api import api_options, open_api
from .context import show_json, show_table

_ROLES = click.Choice(["viewer", "editor", "admin"])


@click.group()
def user() -> None:
    """People who may sign in. A password is asked for, or read from standard input; it is no argument."""


@user.command("add")
@click.argument("name")
@click.option("--role", type=_ROLES, default="viewer", show_default=True)
@api_options
def add(name: str, role: str, url: str | None, token: str | None) -> None:
    """Add a person."""
    with open_api(url, token) as api:
        made = api("POST", "/api/users", {"name": name, "role": role, "password": _password()})
        click.echo(f"{made['name']} may sign in as {made['role']}.")


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print an array of users.")
@api_options
def list_users(as_json: bool, url: str | None, token: str | None) -> None:
    """List everybody by name."""
    with open_api(url, token) as api:
        found = api("GET", "/api/users")
    if as_json:
        show_json(found)
        return
    show_table(
        ("name", "role", "state", "created", "last seen"),
        [
            (
                one["name"],
                one["role"],
                "disabled" if one["disabled"] else "active",
                one.get("created_at") or "",
                one.get("last_seen_at") or "never",
            )
            for one in found
        ],
        empty="There are no users.",
    )


@user.command("passwd")
@click.argument("name")
@api_options
def passwd(name: str, url: str | None, token: str | None) -> None:
    """Return a person another password; ends the person's sessions."""
    _edit(name, {"password": _password()}, url, token)


@user.command("role")
@click.argument("name")
@click.argument("role", type=_ROLES)
@api_options
def change_role(name: str, role: str, url: str | None, token: str | None) -> None:
    """Return a person another role; ends the person's sessions."""
    _edit(name, {"role": role}, url, token)


@user.command("disable")
@click.argument("name")
@api_options
def disable(name: str, url: str | None, token: str | None) -> None:
    """Keep a person from signing in; sessions end at once."""
    _edit(name, {"disabled": True}, url, token)


@user.command("enable")
@click.argument("name")
@api_options
def enable(name: str, url: str | None, token: str | None) -> None:
    """Let a disabled person sign in again."""
    _edit(name, {"disabled": False}, url, token)


@user.command("remove")
@click.argument("name")
@api_options
def remove(name: str, url: str | None, token: str | None) -> None:
    """Remove a person for good; what the person made stays."""
    with open_api(url, token) as api:
        click.echo(api("DELETE", f"/api/users/{quote(name, safe='')}")["message"])


def _edit(name: str, body: dict[str, Any], url: str | None, token: str | None) -> None:
    with open_api(url, token) as api:
        now = api("PATCH", f"/api/users/{quote(name, safe='')}", body)
        click.echo(f"{now['name']}: {now['role']}, {'disabled' if now['disabled'] else 'active'}")


def _password() -> str:
    """Ask for a password twice, or take one line of standard input when nobody sits there."""
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")
