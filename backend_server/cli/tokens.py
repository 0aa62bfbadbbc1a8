"""`dashwright token`: create, list, revoke API tokens."""

from __future__ import annotations

import re

import click

from backend_server.errors import InvalidInput, NotFound, Problem

from .api import api_options, open_api
from .context import show_json, show_table

_ID = re.compile(r"[0-9a-f]{16}")


@click.group()
def token() -> None:
    """API tokens: what programs use to call the API."""


@token.command("create")
@click.argument("name")
@click.option("--role", type=click.Choice(["viewer", "editor", "admin"]), default="editor", show_default=True)
@click.option("--scope", "scopes", multiple=True, help="Narrow it, e.g. devices:write; may be given several times.")
@click.option("--expires-at", metavar="TIME", help="RFC 3339, e.g. 2027-01-31T12:00:00Z.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@api_options
def create(
    *,
    name: str,
    role: str,
    scopes: tuple[str, ...],
    expires_at: str | None,
    as_json: bool,
    url: str | None,
    token: str | None,
) -> None:
    """Make a token and print it; it is never shown again."""
    body: dict[str, object] = {"name": name, "role": role, "scopes": list(scopes)}
    if expires_at:
        body["expires_at"] = expires_at
    with open_api(url, token) as api:
        answer = api("POST", "/api/tokens", body)
    if as_json:
        show_json(answer)
    else:
        click.echo(answer["token"])


@token.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print an array of tokens.")
@api_options
def list_tokens(as_json: bool, url: str | None, token: str | None) -> None:
    """List tokens, newest first; never the tokens themselves."""
    with open_api(url, token) as api:
        found = api("GET", "/api/tokens")
    if as_json:
        show_json(found)
        return
    show_table(
        ("id", "name", "role", "scopes", "created", "expires", "last used", "revoked"),
        [
            (
                one["id"],
                one["name"],
                one["role"],
                ", ".join(one["scopes"]) or "all",
                one["created_at"],
                one.get("expires_at") or "never",
                one.get("last_used_at") or "never",
                one.get("revoked_at") or "",
            )
            for one in found
        ],
        empty="There are no API tokens.",
    )


@token.command("revoke")
@click.argument("name_or_id", metavar="NAME")
@api_options
def revoke(name_or_id: str, url: str | None, token: str | None) -> None:
    """Revoke a token for good, by its name or id."""
    with open_api(url, token) as api:
        found = [one for one in api("GET", "/api/tokens") if name_or_id in (one["name"], one["id"])]
        good = [one for one in found if not one.get("revoked_at")] or found
        if not good:
            raise NotFound(f"There is no API token {name_or_id!r}; `dashwright token list` shows all.")
        token_id = good[0]["id"]
        if not _ID.fullmatch(token_id):
            raise InvalidInput([Problem("id", "is not a token's id")], what="The answer")
        click.echo(api("DELETE", f"/api/tokens/{token_id}")["message"])
