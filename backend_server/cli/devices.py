"""`dashwright device`: add, list, show, retire, revive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import click

from backend_server.errors import InvalidInput, Problem
from backend_server.primitives.ids import parse_device_id

from .api import Api, api_options, open_api
from .context import show_json, show_table


@click.group()
def device() -> None:
    """Devices: each has one live dashboard and one link."""


@device.command("add")
@click.argument("device_id", metavar="ID")
@click.option("--hostname", help="Name people know it by; default the id.")
@click.option("--kind", help="Device kind: which templates apply and how it is polled.")
@click.option("--address", help="http(s)://host[:port] to poll.")
@click.option("--label", "labels", multiple=True, metavar="NAME=VALUE", help="May be given several times.")
@click.option("--share", help="true, false or a link profile's name.")
@click.option("--wait", metavar="DURATION", help="Block until the link is live, e.g. 10s.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@api_options
def add(
    *,
    device_id: str,
    hostname: str | None,
    kind: str | None,
    address: str | None,
    labels: tuple[str, ...],
    share: str | None,
    wait: str | None,
    as_json: bool,
    url: str | None,
    token: str | None,
) -> None:
    """Register a device, or bring it up to date."""
    given = {"hostname": hostname, "kind": kind, "address": address, "share": _share(share)}
    body: dict[str, object] = {name: value for name, value in given.items() if value is not None}
    if labels:
        body["labels"] = _labels(labels)
    with open_api(url, token) as api:
        answer = api("PUT", _path(device_id) + (f"?{urlencode({'wait': wait})}" if wait else ""), body)
    if as_json:
        show_json(answer)
    else:
        _tell(answer)


@device.command("list")
@click.option("--state", type=click.Choice(["active", "stale", "retired"]))
@click.option("--kind", help="Only this kind.")
@click.option("--search", help="Part of an id or hostname.")
@click.option("--json", "as_json", is_flag=True, help="Print an array of devices.")
@api_options
def list_devices(
    *, state: str | None, kind: str | None, search: str | None, as_json: bool, url: str | None, token: str | None
) -> None:
    """List devices by id."""
    query = {name: value for name, value in {"state": state, "kind": kind, "search": search}.items() if value}
    with open_api(url, token) as api:
        found = all_pages(api, "/api/devices", query)
    if as_json:
        show_json(found)
        return
    show_table(
        ("id", "hostname", "kind", "state", "dashboard", "link"),
        [
            (
                one["device"]["id"],
                one["device"]["hostname"],
                one["device"]["kind"],
                one["device"]["state"],
                ", ".join(sorted({dashboard["state"] for dashboard in one["dashboards"]})),
                (one["link"] or {}).get("url", "not shared"),
            )
            for one in found
        ],
        empty="There are no devices; add one with `dashwright device add ID`.",
    )


@device.command("show")
@click.argument("device_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@api_options
def show(device_id: str, as_json: bool, url: str | None, token: str | None) -> None:
    """Show one device with its dashboards and its links."""
    with open_api(url, token) as api:
        answer = api("GET", _path(device_id))
        if as_json:
            show_json(answer)
        else:
            _tell(answer)


@device.command("retire")
@click.argument("device_id", metavar="ID")
@api_options
def retire(device_id: str, url: str | None, token: str | None) -> None:
    """End a device: its links are over at once, its dashboard goes; `revive` brings both back for a set time."""
    with open_api(url, token) as api:
        click.echo(api("DELETE", _path(device_id))["message"])


@device.command("revive")
@click.argument("device_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@api_options
def revive(device_id: str, as_json: bool, url: str | None, token: str | None) -> None:
    """Bring a retired device back with the same dashboard and link."""
    with open_api(url, token) as api:
        answer = api("POST", f"{_path(device_id)}/revive")
    if as_json:
        show_json(answer)
    else:
        _tell(answer)


def all_pages(api: Api, path: str, query: Mapping[str, str]) -> list[Any]:
    """Return every item of a paged list."""
    found: list[Any] = []
    for page in range(1, 10_001):
        items = api("GET", f"{path}?{urlencode({**query, 'page': page, 'per_page': 1000})}")
        found += items
        if len(items) < 1000:
            break
    return found


def _path(device_id: str) -> str:
    return f"/api/devices/{quote(parse_device_id(device_id), safe='')}"


def _share(text: str | None) -> str | bool | None:
    return {"true": True, "false": False}.get(text, text) if text is not None else None


def _labels(pairs: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise InvalidInput([Problem("--label", f"is {pair!r}; write NAME=VALUE")], what="The command")
        found[name] = value
    return found


def _tell(answer: Mapping[str, Any]) -> None:
    device_, link = answer["device"], answer.get("link")
    click.echo(f"{device_['id']}  {device_['hostname']}  {device_['kind']}  {device_['state']}")
    for dashboard in answer["dashboards"]:
        reason = f"  {dashboard['reason']}" if dashboard.get("reason") else ""
        click.echo(f"  {dashboard['slot']}: {dashboard['title']}  {dashboard['uid']}  {dashboard['state']}{reason}")
    click.echo(f"  link ({link['state']}): {link['url']}" if link else "  not shared")
