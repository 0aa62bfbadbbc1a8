"""`dashwright template`: check, list, show, render, import, plan."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
import orjson

from backend_server.errors import ConfigError, InvalidInput, NotFound, Problem
from backend_server.primitives.ids import parse_device_id
from backend_server.primitives.shipped import shipped
from backend_server.settings import current_settings

from .api import Api, api_command
from .context import open_services, show_json, show_table
from .options import option, takes

_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.group()
def template() -> None:
    """Templates: one dashboard with placeholders makes the dashboards of many devices."""


@template.command("check")
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=_FILE)
def check(files: tuple[Path, ...]) -> None:
    """Check template files; every problem is reported with its panel, field, line and column.

    What a public dashboard will not show is named as well; that alone is no failure.
    """
    from backend_server.templates import load_template

    problems: list[Problem] = []
    for file in files:
        try:
            found = load_template(file.name, file.read_bytes())
        except InvalidInput as fault:
            problems += [
                Problem(f"{file}: {problem.path}", problem.message, problem.line, problem.column)
                for problem in fault.problems
            ]
            continue
        click.echo(f"{file}: good (slot {found.slot}, {found.scope.value})")
        for unshareable in found.unshareable:
            click.echo(f"{file}: a shared dashboard will not show it all: {unshareable}", err=True)
    if problems:
        raise InvalidInput(problems, what="Checking the templates")


@template.command("list")
@api_command(json="Print an array of templates.")
def list_templates(*, api: Api, as_json: bool) -> None:
    """List the templates in use, and those whose file is broken."""
    found = api("GET", "/api/templates")
    if as_json:
        show_json(found)
        return
    show_table(
        ("name", "slot", "scope", "applies to", "in use", "problem"),
        [
            (
                row["name"],
                row.get("slot"),
                row.get("scope"),
                _applies_to(row.get("applies_to") or {}),
                "yes" if row["in_use"] else "no",
                row.get("error") or row.get("doubt"),
            )
            for row in found
        ],
        empty="There are no templates; put one into TEMPLATES_DIR.",
    )


@template.command("show")
@click.argument("name")
@api_command()
def show(*, api: Api, name: str) -> None:
    """Print the source of a template in use."""
    click.echo(api("GET", f"/api/templates/{quote(_file_name(name), safe='')}")["source"] or "", nl=False)


@template.command("render")
@click.argument("device_id", metavar="DEVICE")
@click.option("--slot", default="main", show_default=True)
@click.option("--template", "name", help="Another template than the one that would be taken; needed with --url.")
@api_command()
def render(*, api: Api, device_id: str, slot: str, name: str | None) -> None:
    """Print the dashboard a device gets, without writing it."""
    if name is None:
        if api.is_elsewhere:
            raise click.UsageError("With --url the template must be named: --template NAME.")
        show_json(_filled_here(device_id, slot))
        return
    answer = api("POST", f"/api/templates/{quote(_file_name(name), safe='')}/render", {"device": device_id})
    show_json(answer["document"])


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How an exported dashboard becomes a template."""

    fields: tuple[str, ...] = option(
        "--replace", multiple=True, metavar="VALUE=FIELD", help="e.g. 10.0.0.7:9100=device.address"
    )
    variables: tuple[str, ...] = option(
        "--variable", multiple=True, metavar="NAME=FIELD", help="e.g. instance=device.labels.host"
    )
    values: tuple[str, ...] = option(
        "--set", multiple=True, metavar="NAME=VALUE", help="A variable's value, equal for all devices."
    )
    kind: str | None = option("--kind", help="Device kind it is for; any device without it.")
    slot: str = option("--slot", default="main", show_default=True)


@template.command("import")
@click.argument("file", type=_FILE)
@click.option("--name", help="Name of the template; default the file's name.")
@takes(how=ImportOptions)
@click.option("--force", is_flag=True, help="Replace a template of this name.")
def import_(*, file: Path, name: str | None, how: ImportOptions, force: bool) -> None:
    """Turn a dashboard exported from Grafana into a template and put it into TEMPLATES_DIR."""
    from backend_server.templates import ImportChoices, import_template

    choices = ImportChoices(
        _pairs("--replace", how.fields),
        _pairs("--variable", how.variables),
        dict(_pairs("--set", how.values)),
        how.kind,
        how.slot,
    )
    made = import_template(_file_name(name or file.name), file.read_bytes(), choices)
    folder = current_settings().templates_dir or shipped("dashboard_templates")
    target = folder / _file_name(name or file.name)
    if target.exists() and not force:
        raise ConfigError(f"{target} is there already; give another --name, or --force to replace it.")
    beside = target.with_suffix(".new")  # not .json, so that nobody reads half a template
    try:
        beside.write_bytes(made.source)
        beside.replace(target)
    except OSError as fault:
        raise ConfigError(
            f"TEMPLATES_DIR is {folder}, where {target.name} cannot be written ({fault.strerror}); make that folder, "
            "or set TEMPLATES_DIR to one that this user may write to."
        ) from fault
    for note in made.notes:
        click.echo(note, err=True)
    click.echo(str(target))


@template.command("plan")
@click.argument("file", type=_FILE)
@click.option("--name", help="Name of the template it takes the place of; default the file's name.")
@api_command(json="Print the answer as JSON.")
def plan(*, api: Api, file: Path, name: str | None, as_json: bool) -> None:
    """Print which devices' dashboards would change if this file were put into TEMPLATES_DIR."""
    body = {"name": _file_name(name or file.name), "source": file.read_text(encoding="utf-8")}
    answer = api("POST", "/api/templates/plan", body)
    if as_json:
        show_json(answer)
        return
    planned, devices = answer["planned"], answer["devices"]
    of = f"{planned} devices" if planned == devices else f"the first {planned} of {devices} devices"
    click.echo(f"{answer['changed']} of {of} would change.")
    for change in answer["changes"]:
        click.echo(f"  {change['device_id']} ({change['slot']}): {_change_words(change)}")
    devices_named = len({change["device_id"] for change in answer["changes"]})
    if devices_named < answer["changed"]:
        click.echo(f"  … and {answer['changed'] - devices_named} more")


def _change_words(change: dict[str, Any]) -> str:
    if change["error"]:
        return f"cannot be filled: {change['error']}"
    if not change["after"]:
        return f"loses its dashboard of {change['before']}"
    parts = (
        [] if change["before"] == change["after"] else [f"from {change['before'] or 'nothing'} to {change['after']}"]
    )
    parts += [f"{word} {', '.join(change[word])}" for word in ("added", "removed", "changed") if change[word]]
    return "; ".join(parts or ["layout or style changed"])


def _filled_here(device_id: str, slot: str) -> object:
    with open_services() as services:
        device = services.devices.get(parse_device_id(device_id)).device
        chosen = services.templates.current().for_device(device).get(slot)
        if chosen is None:
            raise NotFound(f"No template fills the slot {slot!r} of the device {device_id!r}.")
        return orjson.loads(chosen.fill(device).body)


def _file_name(name: str) -> str:
    base = Path(name).name
    return base if base.endswith(".json") else f"{base}.json"


def _pairs(option: str, given: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for pair in given:
        name, equals, value = pair.rpartition("=")
        if not equals or not name or not value:
            raise InvalidInput([Problem(option, f"is {pair!r}; two texts with '=' between them")], what="The command")
        found[name] = value
    return found


def _applies_to(given: dict[str, object]) -> str:
    kinds, labels = given.get("kind") or [], given.get("labels") or {}
    parts = [", ".join(map(str, kinds))] if isinstance(kinds, list) and kinds else []
    parts += [f"{name}={value}" for name, value in labels.items()] if isinstance(labels, dict) else []
    return " and ".join(parts) or "any"
