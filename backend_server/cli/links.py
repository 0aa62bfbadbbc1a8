"""`dashwright link`: create, list, show, edit, pause, resume, rotate, revoke, and off and on for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import click

from backend_server.errors import InvalidInput, Problem
from backend_server.primitives.ids import is_link_token

from .api import Api, api_command
from .context import show_json, show_table
from .link_fields import LinkFieldOptions, link_lines
from .options import given_fields, option, takes

_STATES = ("pending", "live", "paused", "not_yet", "expired", "revoked")


@click.group()
def link() -> None:
    """Links: what is handed out, each for a dashboard, each with a life of its own."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a new link points at besides a device."""

    document: str | None = option("--document", metavar="UID", help="A document instead of a device's dashboard.")
    slot: str | None = option("--slot", help="Which of the device's dashboards.")


@dataclass(frozen=True, slots=True)
class Filters:
    """Which links a list is to hold, by the API's names."""

    device: str | None = option("--device", metavar="ID", help="Only links of this device.")
    document: str | None = option("--document", metavar="UID", help="Only links of this document.")
    state: str | None = option("--state", type=click.Choice(_STATES), help="Only links in this state.")
    search: str | None = option("--search", metavar="TEXT", help="Part of the label, note, slug, device or title.")
    unused_days: int | None = option(
        "--unused-days", type=click.IntRange(1, 3650), help="Only links nobody opened for so many days."
    )


@link.command("create")
@click.argument("device_id", metavar="[DEVICE]", required=False)
@takes(target=Target, fields=LinkFieldOptions)
@api_command(json="Print the link as JSON.")
def create(*, api: Api, device_id: str | None, target: Target, fields: LinkFieldOptions, as_json: bool) -> None:
    """Create a link to a device's dashboard; prints the address for an iframe."""
    points_at = {"device": device_id, "document": target.document, "slot": target.slot}
    body = {**{name: value for name, value in points_at.items() if value}, **fields.as_body()}
    _print(api("POST", "/api/links", body), "embed_url", as_json=as_json)


@link.command("list")
@takes(filters=Filters)
@api_command(json="Print an array of links.")
def list_links(*, api: Api, filters: Filters, as_json: bool) -> None:
    """List links, newest first."""
    found = api.all_pages("/api/links", {name: str(value) for name, value in given_fields(filters).items() if value})
    if as_json:
        show_json(found)
        return
    show_table(
        ("token", "device", "slot", "state", "label", "slug", "views", "last seen", "created by"),
        [
            (
                row["token"],
                row.get("device") or row.get("document"),
                row["slot"],
                row["state"],
                row["label"],
                row["slug"],
                row["views"],
                row.get("last_seen_at") or "never",
                row["created_by"],
            )
            for row in found
        ],
        empty="There are no links.",
    )


@link.command("show")
@click.argument("link_token", metavar="TOKEN")
@click.option("--days", type=click.IntRange(1, 3660), help="With views, refusals and changes of so many days.")
@api_command(json="Print the answer as JSON.")
def show(*, api: Api, link_token: str, days: int | None, as_json: bool) -> None:
    """Show one link, and with --days what happened on it."""
    path = _path(link_token)
    answer = api("GET", path)
    ledger = api("GET", f"{path}/ledger?days={days}") if days else None
    if as_json:
        show_json({**answer, "ledger": ledger} if ledger else answer)
        return
    for line in link_lines(answer, ledger):
        click.echo(line)


@link.command("edit")
@click.argument("link_token", metavar="TOKEN")
@takes(fields=LinkFieldOptions)
@click.option("--no-not-before", "clear", flag_value="not_before", multiple=True, help="Take the begin away.")
@click.option("--no-expiry", "clear", flag_value="expires_at", multiple=True, help="Take the end away.")
@click.option("--no-password", "clear", flag_value="password", multiple=True, help="Take the password away.")
@click.option("--any-site", "clear", flag_value="frame_ancestors", multiple=True, help="Let any site embed it.")
@api_command(json="Print the link as JSON.")
def edit(*, api: Api, link_token: str, fields: LinkFieldOptions, clear: tuple[str, ...], as_json: bool) -> None:
    """Change the named fields of a link; the others stay."""
    body = {**fields.as_body(), **dict.fromkeys(clear)}
    if not body:
        raise InvalidInput([Problem("", "names nothing to change; see --help")], what="The command")
    _print(api("PATCH", _path(link_token), body), "state", as_json=as_json)


@link.command("rotate")
@click.argument("link_token", metavar="TOKEN")
@click.option(
    "--grace", "grace_seconds", type=int, default=0, metavar="SECONDS", help="How long the old token lives on."
)
@api_command(json="Print the link as JSON.")
def rotate(*, api: Api, link_token: str, grace_seconds: int, as_json: bool) -> None:
    """Replace a link's token; the slug stays. Prints the new address for an iframe."""
    body = {"grace_seconds": grace_seconds}
    _print(api("POST", f"{_path(link_token)}/rotate", body), "embed_url", as_json=as_json)


@link.command("revoke")
@click.argument("link_token", metavar="TOKEN")
@api_command()
def revoke(*, api: Api, link_token: str) -> None:
    """Revoke a link for good; open pages stop at their next request."""
    click.echo(api("DELETE", _path(link_token))["message"])


def _simple(name: str, about: str) -> Callable[..., None]:
    @click.argument("link_token", metavar="TOKEN")
    @api_command(json="Print the link as JSON.")
    def command(*, api: Api, link_token: str, as_json: bool) -> None:
        _print(api("POST", f"{_path(link_token)}/{name}"), "state", as_json=as_json)

    command.__doc__ = about
    return command


def _switch(name: str, about: str) -> Callable[..., None]:
    @api_command()
    def command(*, api: Api) -> None:
        answer = api("POST", f"/api/links/{name}")
        click.echo("Links are on." if answer["links_on"] else "All links are off.")

    command.__doc__ = about
    return command


link.command("pause")(_simple("pause", "Hold a link until it is resumed; pages that are open show the notice."))
link.command("resume")(_simple("resume", "Let a paused link go on."))
link.command("off")(_switch("off", "Turn all links off at once; `on` brings each back as it was."))
link.command("on")(_switch("on", "Turn links on again, each as it was."))


def _path(link_token: str) -> str:
    if not is_link_token(link_token):
        raise InvalidInput(
            [Problem("TOKEN", "is not a link's token: 32 of 0-9 and a-f, as `dashwright link list` shows")],
            what="The command",
        )
    return f"/api/links/{link_token}"


def _print(link: Mapping[str, Any], shown: str, *, as_json: bool) -> None:
    if as_json:
        show_json(link)
    else:
        click.echo(link[shown])
