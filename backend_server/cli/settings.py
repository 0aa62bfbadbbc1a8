"""`dashwright settings`: the table with the values in effect; also writes `docs/settings.md`."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

import click
from pydantic_core import PydanticUndefined

from backend_server.primitives.secret import Secret
from backend_server.settings import Settings, current_settings
from backend_server.settings.load import is_duration, is_secret
from backend_server.settings.table import documented_fields

from .context import show_json, show_table

_HEAD = """# Settings

Every setting is an environment variable; `.env` in the current folder is read too, the environment wins. Each may be
given as `NAME_FILE` instead: the path of a file that holds the value. All mistakes are reported at once, and nothing
starts until they are fixed. `dashwright settings` shows the values in effect. Durations are written `500ms`, `10s`,
`5m`, `7d`.

This page is written by `dashwright settings --markdown`.

| variable | meaning | default |
|---|---|---|
"""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object; secrets as true (set) or false.")
@click.option("--markdown", is_flag=True, help="Print docs/settings.md.")
def settings(as_json: bool, markdown: bool) -> None:
    """Show every setting with its value and meaning; secrets are never shown."""
    if markdown:
        click.echo(settings_page(), nl=False)
        return
    holding = current_settings()
    if as_json:
        show_json({name.upper(): _as_json(getattr(holding, name), name) for name in documented_fields()})
        return
    show_table(
        ("variable", "value", "meaning"),
        [
            (name.upper(), _as_text(getattr(holding, name), name), Settings.model_fields[name].description)
            for name in documented_fields()
        ],
        empty="",
    )


def settings_page() -> str:
    """Write the page of all settings."""
    rows = [
        f"| `{name.upper()}` | {field.description}{' Secret.' if is_secret(name) else ''} "
        f"| {_default(field.default, name)} |"
        for name, field in Settings.model_fields.items()
        if name in documented_fields()
    ]
    return _HEAD + "\n".join(rows) + "\n"


def _default(value: object, name: str) -> str:
    if value is None or value is PydanticUndefined or value == "":
        return ""
    return f"`{_as_text(value, name)}`"


def _as_text(value: object, name: str) -> str:
    if isinstance(value, Secret):
        return "(set)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _time(round(value * 1000)) if is_duration(name) else f"{value:g}"
    if isinstance(value, Enum):
        return str(value.value)
    return "" if value is None else str(value)


def _time(milliseconds: int) -> str:
    """Write a time in the one largest unit it is whole in, as a person would set it: `30d` rather than `4w2d`."""
    units = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1))
    unit, size = next((unit, size) for unit, size in units if milliseconds % size == 0)
    return f"{milliseconds // size}{unit}" if milliseconds else "0s"


def _as_json(value: object, name: str) -> object:
    if is_secret(name):
        return value is not None
    if isinstance(value, Path):
        return str(value)
    return value.value if isinstance(value, Enum) else value
