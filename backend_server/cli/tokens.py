"""`dashwright token`: create, list, revoke API tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass

import click

from backend_server.accounts.model import TOKEN_ID_PATTERN
from backend_server.errors import InvalidInput, NotFound, Problem

from .api import Api, api_command
from .context import show_json, show_table
from .options import given_fields, option, takes


@click.group()
def token() -> None:
    """API tokens: what programs use to call the API."""


@dataclass(frozen=True, slots=True)
class NewToken:
    """The fields of a new token, by the API's names."""

    role: str = option("--role", type=click.Choice(["viewer", "editor", "admin"]), default="editor", show_default=True)
    scopes: tuple[str, ...] = option(
        "--scope", multiple=True, help="Narrow it, e.g. devices:write; may be given several times."
    )
    expires_at: str | None = option("--expires-at", metavar="TIME", help="RFC 3339, e.g. 2027-01-31T12:00:00Z.")


@token.command("create")
@click.argument("name")
@takes(wanted=NewToken)
@api_command(json="Print the answer as JSON.")
def create(*, api: Api, name: str, wanted: NewToken, as_json: bool) -> None:
    """Create a token and print it; it is never shown again."""
    answer = api("POST", "/api/tokens", {"name": name, **given_fields(wanted)})
    if as_json:
        show_json(answer)
    else:
        click.echo(answer["token"])


@token.command("list")
@api_command(json="Print an array of tokens.")
def list_tokens(*, api: Api, as_json: bool) -> None:
    """List tokens, newest first; never the tokens themselves."""
    found = api("GET", "/api/tokens")
    if as_json:
        show_json(found)
        return
    show_table(
        ("id", "name", "role", "scopes", "created", "expires", "last used", "revoked"),
        [
            (
                row["id"],
                row["name"],
                row["role"],
                ", ".join(row["scopes"]) or "all",
                row["created_at"],
                row.get("expires_at") or "never",
                row.get("last_used_at") or "never",
                row.get("revoked_at") or "",
            )
            for row in found
        ],
        empty="There are no API tokens.",
    )


@token.command("revoke")
@click.argument("name_or_id", metavar="NAME")
@api_command()
def revoke(*, api: Api, name_or_id: str) -> None:
    """Revoke a token for good, by its name or id."""
    found = [entry for entry in api("GET", "/api/tokens") if name_or_id in (entry["name"], entry["id"])]
    good = [entry for entry in found if not entry.get("revoked_at")] or found
    if not good:
        raise NotFound(f"There is no API token {name_or_id!r}; `dashwright token list` shows all.")
    token_id = good[0]["id"]
    if not re.fullmatch(TOKEN_ID_PATTERN, token_id):
        raise InvalidInput([Problem("id", "is not a token's id")], what="The answer")
    click.echo(api("DELETE", f"/api/tokens/{token_id}")["message"])
