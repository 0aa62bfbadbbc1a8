"""Everything at once (`run`, `prepare`), and the programs supervisor runs: `web`, `worker`, `poller`, `edge`.

Each of these ends on SIGTERM within its stop time.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import wraps
from types import FrameType
from typing import TypeVar, cast

import click

from backend_server.errors import ConfigError
from backend_server.settings import current_settings

Program = TypeVar("Program", bound=Callable[..., None])


def _of_a_start(program: Program) -> Program:
    """End the whole start when a program finds that it cannot run; once that has succeeded supervisor tries again."""

    @wraps(program)
    def run_it() -> None:
        try:
            program()
        except ConfigError as fault:
            from backend_server.runtime.starting import give_up_start

            give_up_start(current_settings(), fault.message)
            raise

    return cast("Program", run_it)


@click.command()
def run() -> None:
    """Prepare and run everything in the foreground; Ctrl-C or SIGTERM stops it within 20 seconds."""
    from backend_server.runtime.run import run_all

    sys.exit(run_all(current_settings()))


@click.command()
@click.option("--new", is_flag=True, help="Make an empty database even where an earlier one is missing.")
def prepare(*, new: bool) -> None:
    """Prepare the start: database, secrets, first administrator, files, configuration. `run` does it by itself."""
    from backend_server.runtime.prepare import prepare_all, show_once, tell_warnings

    settings = current_settings()
    prepared = prepare_all(settings, new=new)
    tell_warnings(prepared)
    show_once(settings, prepared)
    click.echo(f"Ready: {prepared.written} dashboard files written.")


@click.command()
@_of_a_start
def web() -> None:
    """Run the API and the pages."""
    from backend_server.web.server import serve

    serve(current_settings())


@click.command()
@_of_a_start
def worker() -> None:
    """Run the loop that brings files and Grafana to the wanted state; one of several leads."""
    from backend_server.telemetry import configure_logging
    from backend_server.telemetry.reconciling import ReconcileLog
    from backend_server.wiring.reconcile import build_worker
    from backend_server.wiring.services import opened_services

    settings = current_settings()
    configure_logging("worker", level=settings.log_level, as_json=settings.json_lines)
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    with opened_services(settings, program="worker") as services:
        build_worker(services, watcher=ReconcileLog()).run(stop)


@click.command()
@_of_a_start
def poller() -> None:
    """Ask devices for their readings and serve them to Prometheus on loopback."""
    from backend_server.telemetry import configure_logging
    from backend_server.wiring.poller import poll

    settings = current_settings()
    configure_logging("poller", level=settings.log_level, as_json=settings.json_lines)
    poll(settings)


@click.command()
@_of_a_start
def edge() -> None:
    """Run nginx in front, as the only public port."""
    from backend_server.runtime.ports import edge_claims, wait_for_ports
    from backend_server.runtime.programs.nginx import check_edge, nginx_command, render_edge

    settings = current_settings()
    configuration = render_edge(settings)
    check_edge(configuration)
    wait_for_ports(edge_claims(settings))
    command = nginx_command(configuration)
    os.execv(command[0], command)  # noqa: S606  # no shell is wanted
