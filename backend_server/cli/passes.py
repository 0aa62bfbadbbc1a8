"""`dashwright plan` and `dashwright apply`: what a pass would do, and doing it now."""

from __future__ import annotations

import click

from backend_server.errors import UpstreamError
from backend_server.reconcile.apply_once import apply_once
from backend_server.reconcile.held_removals import HeldRemovals
from backend_server.reconcile.model import Outcome
from backend_server.reconcile.pass_.show import format_plan

from .api import Api, api_command
from .context import open_services, show_json


@click.command()
@api_command(json="Print the plan as JSON.")
def plan(*, api: Api, as_json: bool) -> None:
    """Show what the next pass would write, publish and remove; change nothing."""
    found = api("GET", "/api/plan")
    if as_json:
        show_json(found)
        return
    click.echo(format_plan(found))


@click.command()
@click.option("--wait", is_flag=True, help="Until everything is proven, not only until nothing is left to do now.")
@click.option("--timeout", "timeout_seconds", default=60.0, show_default=True, help="Seconds to wait at most.")
@click.option("--confirm-removals", is_flag=True, help="Let removals go on that were held back.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def apply(wait: bool, timeout_seconds: float, confirm_removals: bool, as_json: bool) -> None:
    """Bring files and Grafana to the wanted state; while a worker runs, wait for it."""
    from backend_server.wiring.reconcile import build_worker

    with open_services("apply") as services:
        worker = build_worker(services)
        if confirm_removals:
            HeldRemovals(services.records.documents, services.records.values).confirm("cli")
        report = apply_once(worker, wait=wait, timeout_seconds=timeout_seconds)
    written = report.uids(Outcome.WRITTEN)
    if as_json:
        show_json({"written": sorted(written), "failed": dict(report.failed), "left": report.left})
    else:
        click.echo(f"{len(written)} written, {len(report.failed)} failed, {report.left} left.")
        for uid, reason in report.failed.items():
            click.echo(f"  {uid}: {reason}")
    if report.failed or (wait and report.left):
        raise UpstreamError("Not everything is as wanted yet; `dashwright plan` shows what is left.")
