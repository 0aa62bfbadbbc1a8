"""`dashwright link`: create, list, show, edit, pause, resume, rotate, revoke, and off and on for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from backend_server.errors import InvalidInput, Problem
from backend_server.primitives.ids import is_link_token

from .api import api_options, open_api
from .context import show_json, show_table
from .devices import all_pages
from .link_fields import Fields, field_options, told

_STATES = ("pending", "live", "paused", "not_yet", "expired", "revoked")


@click.group()
def link() -> None:
    """Links: what is handed out, each for a dashboard, each with a life of its own."""


@link.command("create")
@click.argument("device_id", metavar="[DEVICE]", required=False)
@click.option("--document", metavar="UID", help="A document instead of a device's dashboard.")
@click.option("--slot", help="Which of the device's dashboards.")
@field_options
@click.option("--json", "as_json", is_flag=True, help="Print the link as JSON.")
@api_options
def create(
    *,
    device_id: str | None,
    document: str | None,
    slot: str | None,
    as_json: bool,
    url: str | None,
    token: str | None,
    **fields: Any,
) -> None:
    """Hand out a new link to a device's dashboard; prints the address for an iframe."""
    points_at = {"device": device_id, "document": document, "slot": slot}
    body = {**{name: value for name, value in points_at.items() if value}, **Fields(**fields).as_body()}
    with open_api(url, token) as api:
        answer = api("POST", "/api/links", {name: value for name, value in body.items() if value is not None})
    if as_json:
        show_json(answer)
    else:
        click.echo(answer["embed_url"])


@link.command("list")
@click.option("--device", "device_id", metavar="ID", help="Only links of this device.")
@click.option("--document", metavar="UID", help="Only links of this document.")
@click.option("--state", type=click.Choice(_STATES), help="Only links in this state.")
@click.option("--search", metavar="TEXT", help="Part of the label, slug, device or title.")
@click.option("--unused-days", type=click.IntRange(1, 3650), help="Only links nobody opened for so many days.")
@click.option("--json", "as_json", is_flag=True, help="Print an array of links.")
@api_options
def list_links(
    *,
    device_id: str | None,
    document: str | None,
    state: str | None,
    search: str | None,
    unused_days: int | None,
    as_json: bool,
    url: str | None,
    token: str | None,
) -> None:
    """List links, newest first."""
    given = {
        "device": device_id,
        "document": document,
        "state": state,
        "search": search,
        "unused_days": str(unused_days) if unused_days else None,
    }
    with open_api(url, token) as api:
        found = all_pages(api, "/api/links", {name: value for name, value in given.items() if value})
    if as_json:
        show_json(found)
        return
    show_table(
        ("token", "device", "slot", "state", "label", "slug", "views", "last seen", "created by"),
        [
            (
                one["token"],
                one.get("device") or one.get("document"),
                one["slot"],
                one["state"],
                one["label"],
                one["slug"],
                one["views"],
                one.get("last_seen_at") or "never",
                one["created_by"],
            )
            for one in found
        ],
        empty="There are no links.",
    )


@link.command("show")
@click.argument("link_token", metavar="TOKEN")
@click.option("--days", type=click.IntRange(1, 3660), help="With views, refusals and changes of so many days.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@api_options
def show(*, link_token: str, days: int | None, as_json: bool, url: str | None, token: str | None) -> None:
    """Show one link, and with --days what happened on it."""
    path = _path(link_token)
    with open_api(url, token) as api:
        answer = api("GET", path)
        ledger = api("GET", f"{path}/ledger?days={days}") if days else None
    if as_json:
        show_json({**answer, "ledger": ledger} if ledger else answer)
        return
    for line in told(answer, ledger):
        click.echo(line)


@link.command("edit")
@click.argument("link_token", metavar="TOKEN")
@field_options
@click.option("--no-not-before", "clear", flag_value="not_before", multiple=True, help="Take the begin away.")
@click.option("--no-expiry", "clear", flag_value="expires_at", multiple=True, help="Take the end away.")
@click.option("--no-password", "clear", flag_value="password", multiple=True, help="Take the password away.")
@click.option("--any-site", "clear", flag_value="frame_ancestors", multiple=True, help="Let any site embed it.")
@click.option("--json", "as_json", is_flag=True, help="Print the link as JSON.")
@api_options
def edit(
    *, link_token: str, clear: tuple[str, ...], as_json: bool, url: str | None, token: str | None, **fields: Any
) -> None:
    """Change what is named of a link; the rest stays."""
    body = {**Fields(**fields).as_body(), **dict.fromkeys(clear)}
    if not body:
        raise InvalidInput([Problem("", "names nothing to change; see --help")], what="The command")
    _do("PATCH", _path(link_token), body, as_json=as_json, url=url, token=token)


@link.command("rotate")
@click.argument("link_token", metavar="TOKEN")
@click.option(
    "--grace", "grace_seconds", type=int, default=0, metavar="SECONDS", help="How long the old token lives on."
)
@click.option("--json", "as_json", is_flag=True, help="Print the link as JSON.")
@api_options
def rotate(*, link_token: str, grace_seconds: int, as_json: bool, url: str | None, token: str | None) -> None:
    """Return a link a new token; the slug stays. Prints the new address for an iframe."""
    body = {"grace_seconds": grace_seconds}
    _do("POST", f"{_path(link_token)}/rotate", body, as_json=as_json, url=url, token=token, shown="embed_url")


@link.command("revoke")
@click.argument("link_token", metavar="TOKEN")
@api_options
def revoke(link_token: str, url: str | None, token: str | None) -> None:
    """Revoke a link for good; pages that are open stop at their next question."""
    path = _path(link_token)
    with open_api(url, token) as api:
        click.echo(api("DELETE", path)["message"])


def _simple(name: str, about: str) -> Callable[..., None]:
    @click.argument("link_token", metavar="TOKEN")
    @click.option("--json", "as_json", is_flag=True, help="Print the link as JSON.")
    @api_options
    def command(*, link_token: str, as_json: bool, url: str | None, token: str | None) -> None:
        _do("POST", f"{_path(link_token)}/{name}", None, as_json=as_json, url=url, token=token)

    command.__doc__ = about
    return command


def _switch(name: str, about: str) -> Callable[..., None]:
    @api_options
    def command(*, url: str | None, token: str | None) -> None:
        with open_api(url, token) as api:
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


def _do(
    method: str,
    path: str,
    body: Mapping[str, object] | None,
    *,
    as_json: bool,
    url: str | None,
    token: str | None,
    shown: str = "state",
) -> None:
    with open_api(url, token) as api:
        answer = api(method, path, body)
    if as_json:
        show_json(answer)
    else:
        click.echo(answer[shown])
