"""`dashwright device`: add, list, show, retire, revive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import click

from backend_server.errors import InvalidInput, Problem
from backend_server.primitives.ids import parse_device_id

from .api import Api, api_command
from .context import show_json, show_table
from .options import given_fields, option, takes


@click.group()
def device() -> None:
    """Devices: each has one live dashboard and one link."""


@dataclass(frozen=True, slots=True)
class DeviceOptions:
    """The fields of a device, by the API's names."""

    hostname: str | None = option("--hostname", help="Name people know it by; default the id.")
    kind: str | None = option("--kind", help="Device kind: which templates apply and how it is polled.")
    address: str | None = option("--address", help="http(s)://host[:port] to poll.")
    labels: tuple[str, ...] = option("--label", multiple=True, metavar="NAME=VALUE", help="May be given several times.")
    share: str | None = option("--share", help="true, false or a link profile's name.")

    def as_body(self) -> dict[str, object]:
        """Return the given fields as the API takes them."""
        given = given_fields(self)
        if self.share is not None:
            given["share"] = {"true": True, "false": False}.get(self.share, self.share)
        return given | {"labels": _labels(self.labels)} if given.pop("labels") else given


@dataclass(frozen=True, slots=True)
class Filters:
    """Which devices a list is to hold, by the API's names."""

    state: str | None = option("--state", type=click.Choice(["active", "stale", "retired"]))
    kind: str | None = option("--kind", help="Only this kind.")
    search: str | None = option("--search", help="Part of an id or hostname.")


@device.command("add")
@click.argument("device_id", metavar="ID")
@takes(said=DeviceOptions)
@click.option("--wait", metavar="DURATION", help="Block until the link is live, e.g. 10s.")
@api_command(json="Print the answer as JSON.")
def add(*, api: Api, device_id: str, said: DeviceOptions, wait: str | None, as_json: bool) -> None:
    """Register a device, or update it."""
    path = _path(device_id) + (f"?{urlencode({'wait': wait})}" if wait else "")
    _print(api("PUT", path, said.as_body()), as_json=as_json)


@device.command("list")
@takes(filters=Filters)
@api_command(json="Print an array of devices.")
def list_devices(*, api: Api, filters: Filters, as_json: bool) -> None:
    """List devices by id."""
    found = api.all_pages("/api/devices", {name: value for name, value in given_fields(filters).items() if value})
    if as_json:
        show_json(found)
        return
    show_table(
        ("id", "hostname", "kind", "state", "dashboard", "link"),
        [
            (
                row["device"]["id"],
                row["device"]["hostname"],
                row["device"]["kind"],
                row["device"]["state"],
                ", ".join(sorted({dashboard["state"] for dashboard in row["dashboards"]})),
                (row["link"] or {}).get("url", "not shared"),
            )
            for row in found
        ],
        empty="There are no devices; add one with `dashwright device add ID`.",
    )


@device.command("show")
@click.argument("device_id", metavar="ID")
@api_command(json="Print the answer as JSON.")
def show(*, api: Api, device_id: str, as_json: bool) -> None:
    """Show one device with its dashboards and its links."""
    _print(api("GET", _path(device_id)), as_json=as_json)


@device.command("retire")
@click.argument("device_id", metavar="ID")
@api_command()
def retire(*, api: Api, device_id: str) -> None:
    """Retire a device: its links are over at once, its dashboard goes; `revive` brings both back for a set time."""
    click.echo(api("DELETE", _path(device_id))["message"])


@device.command("revive")
@click.argument("device_id", metavar="ID")
@api_command(json="Print the answer as JSON.")
def revive(*, api: Api, device_id: str, as_json: bool) -> None:
    """Bring a retired device back with the same dashboard and link."""
    _print(api("POST", f"{_path(device_id)}/revive"), as_json=as_json)


def _path(device_id: str) -> str:
    return f"/api/devices/{quote(parse_device_id(device_id), safe='')}"


def _labels(pairs: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise InvalidInput([Problem("--label", f"is {pair!r}; write NAME=VALUE")], what="The command")
        found[name] = value
    return found


def _print(answer: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        show_json(answer)
        return
    device_, link = answer["device"], answer.get("link")
    click.echo(f"{device_['id']}  {device_['hostname']}  {device_['kind']}  {device_['state']}")
    for dashboard in answer["dashboards"]:
        reason = f"  {dashboard['reason']}" if dashboard.get("reason") else ""
        click.echo(f"  {dashboard['slot']}: {dashboard['title']}  {dashboard['uid']}  {dashboard['state']}{reason}")
    click.echo(f"  link ({link['state']}): {link['url']}" if link else "  not shared")
