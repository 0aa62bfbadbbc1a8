"""How every benchmark prints what it measured: one table, with the aim and whether it was met."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement; `met` is None where there is no aim, `aim` and `value` are as people read them."""

    path: str
    measure: str
    aim: str
    value: str
    met: bool | None


def print_rows(rows: Iterable[Row]) -> None:
    """Print the rows grouped by path."""
    table = Table("measure", "aim", "value", "", show_edge=False, pad_edge=False)
    path = None
    for row in rows:
        if row.path != path:
            path = row.path
            table.add_section()
            table.add_row(f"[bold]{path}[/bold]")
        verdict = {None: "", True: "[green]met[/green]", False: "[red]missed[/red]"}[row.met]
        table.add_row(f"  {row.measure}", row.aim, row.value, verdict)
    Console(width=110).print(table)
