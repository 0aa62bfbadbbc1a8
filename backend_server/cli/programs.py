"""The programs supervisor runs: `web`, `worker`, `poller`, `edge`. Each ends on SIGTERM within its stop time."""

from __future__ import annotations

import os
import signal
import threading
from functools import partial
from types import FrameType

import click

from backend_server.settings import current_settings


@click.command()
def web() -> None:
    """Run the API and the pages."""
    from backend_server.web.server import serve

    serve(current_settings())


@click.command()
def worker() -> None:
    """Run the loop that brings files and Grafana to what is wanted; one of several leads."""
    from backend_server.telemetry import configure_logging
    from backend_server.telemetry.reconciling import ReconcileLog
    from backend_server.wiring.services import build_services, build_worker

    settings = current_settings()
    configure_logging("worker", level=settings.log_level, as_json=settings.json_lines)
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    services = build_services(settings, program="worker")
    try:
        build_worker(services, watcher=ReconcileLog()).run(stop)
    finally:
        services.close()


@click.command()
def poller() -> None:
    """Ask devices for their readings and serve them to Prometheus on loopback."""
    from backend_server.outbound import OutboundGuard, Purpose
    from backend_server.poller.kinds import load_kinds
    from backend_server.poller.process import run_poller
    from backend_server.primitives.memory import Guarded
    from backend_server.primitives.shipped import shipped
    from backend_server.storage.engine.store import Store
    from backend_server.storage.engine.topics import Topic
    from backend_server.storage.tables.work import WorkStore
    from backend_server.telemetry import configure_logging

    settings = current_settings()
    configure_logging("poller", level=settings.log_level, as_json=settings.json_lines)
    kinds = load_kinds(
        settings.device_kinds_dir or shipped("config", "device_kinds"),
        default_interval_seconds=settings.poll_interval,
    )
    guard = OutboundGuard(settings.outbound_allow)
    url = settings.database_url.reveal() if settings.database_url else None
    store = Store.open(url, settings.data_dir, make=False)
    try:
        store.check()
        work = WorkStore(store, share_default=settings.share_default)
        run_poller(
            Guarded(work.devices, partial(store.change_number, Topic.DEVICES)),
            kinds,
            lambda url: guard.check(url, Purpose.DEVICE),
            port=settings.poller_port,
            forget_after_seconds=settings.stale_after,
        )
    finally:
        store.close()


@click.command()
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
