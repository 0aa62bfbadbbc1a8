"""`dashwright link`: create, list, revoke."""

from __future__ import annotations

import click

from backend_server.cli.api import api_options, open_api
from backend_server.cli.devices import all_pages
from backend_server.cli.surroundings import show_json, show_table
from backend_server.errors import InvalidInput, Problem
from backend_server.primitives.ids import is_link_token


@click.group()
def link() -> None:
    """Links: what is handed out, each for a dashboard, each revocable on its own."""


@link.command("create")
@click.argument("device_id", metavar="[DEVICE]", required=False)
@click.option("--document", metavar="UID", help="A document instead of a device's dashboard.")
@click.option("--slot", help="Which of the device's dashboards.")
@click.option("--label", help="What people see in the list.")
@click.option("--slug", help="Short name for /s/SLUG.")
@click.option("--theme", type=click.Choice(["auto", "light", "dark"]))
@click.option("--refresh", metavar="DURATION", help="How often the page asks anew.")
@click.option("--from", "from_", metavar="TIME", help="Begin of the range, e.g. now-6h.")
@click.option("--to", metavar="TIME", help="End of the range.")
@click.option("--json", "as_json", is_flag=True, help="Print the link as JSON.")
@api_options
def create(
    *,
    device_id: str | None,
    document: str | None,
    slot: str | None,
    label: str | None,
    slug: str | None,
    theme: str | None,
    refresh: str | None,
    from_: str | None,
    to: str | None,
    as_json: bool,
    url: str | None,
    token: str | None,
) -> None:
    """Hand out a new link to a device's dashboard; prints the address for an iframe."""
    profile = {name: value for name, value in zip(PROFILE, (theme, refresh, from_, to), strict=True) if value}
    given = {"device": device_id, "document": document, "slot": slot, "label": label, "slug": slug, "profile": profile}
    with open_api(url, token) as api:
        answer = api("POST", "/api/links", {name: value for name, value in given.items() if value})
    if as_json:
        show_json(answer)
    else:
        click.echo(answer["embed_url"])


PROFILE = ("theme", "refresh", "from", "to")


@link.command("list")
@click.option("--device", "device_id", metavar="ID", help="Only links of this device.")
@click.option("--document", metavar="UID", help="Only links of this document.")
@click.option("--state", help="Only links in this state.")
@click.option("--json", "as_json", is_flag=True, help="Print an array of links.")
@api_options
def list_links(
    *, device_id: str | None, document: str | None, state: str | None, as_json: bool, url: str | None, token: str | None
) -> None:
    """List links, newest first."""
    given = {"device": device_id, "document": document, "state": state}
    with open_api(url, token) as api:
        found = all_pages(api, "/api/links", {name: value for name, value in given.items() if value})
    if as_json:
        show_json(found)
        return
    show_table(
        ("token", "device", "slot", "state", "label", "slug", "views", "last seen"),
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
            )
            for one in found
        ],
        empty="There are no links.",
    )


@link.command("revoke")
@click.argument("link_token", metavar="TOKEN")
@api_options
def revoke(link_token: str, url: str | None, token: str | None) -> None:
    """Revoke a link for good; pages that are open stop at their next question."""
    if not is_link_token(link_token):
        raise InvalidInput(
            [Problem("TOKEN", "is not a link's token: 32 of 0-9 and a-f, as `dashwright link list` shows")],
            what="The command",
        )
    with open_api(url, token) as api:
        click.echo(api("DELETE", f"/api/links/{link_token}")["message"])
