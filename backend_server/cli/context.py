"""What commands share: the settings, the services, and how to show an answer."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
import orjson

from backend_server.settings import current_settings

if TYPE_CHECKING:
    from backend_server.wiring.record import Services


@contextmanager
def open_services(program: str = "cli") -> Iterator[Services]:
    """Open the services on this machine's database for one command."""
    from backend_server.telemetry import configure_logging
    from backend_server.wiring.services import opened_services

    settings = current_settings()
    # Standard output is the command's answer; log lines would spoil it for programs that read it.
    configure_logging(program, level="WARNING", as_json=settings.json_lines, stream=sys.stderr)
    with opened_services(settings, program=program) as services:
        yield services


def show_json(value: object) -> None:
    """Print a value as JSON, indented, keys in their order."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def show_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """Print rows: a drawn table on a terminal, tab-separated text with a header line anywhere else."""
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for line in ([list(columns)] if texts else []) + texts:
            click.echo("\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in line))
        return
    if not texts:
        click.echo(empty)
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in texts:
        table.add_row(*[Text(cell) for cell in row])  # as text: a hostname may hold what rich takes for markup
    Console().print(table)
