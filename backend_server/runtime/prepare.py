"""`dashwright prepare`: everything that must be there before the programs start. Repeatable at any time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import click

from backend_server.accounts import hash_api_token
from backend_server.accounts.metrics_tokens import ensure_metrics_token
from backend_server.accounts.unshown import Mark, grafana_mark, token_mark
from backend_server.errors import ConfigError, DashwrightError
from backend_server.reconcile.model import Outcome
from backend_server.settings import SHORTEST_SECRET_KEY, LinkTokens, Settings
from backend_server.settings.topology import behind_edge, run_folder
from backend_server.wiring.accounts import account_store, ensure_first_admin, secret_keeper, unshown_secrets
from backend_server.wiring.reconcile import build_reconciler, build_template_loading, ensure_grafana_users
from backend_server.wiring.services import opened_services
from backend_server.wiring.store import open_store

from .folders import make_folder
from .lost_state import refuse_lost_state
from .programs.grafana import PreparedGrafana, prepare_grafana
from .programs.nginx import check_edge, grafana_addresses, render_edge
from .programs.prometheus import prepare_prometheus
from .supervised import name_line


@dataclass(frozen=True, slots=True)
class Made:
    """A secret that was made, in words to be shown once, and the mark that says it was not shown yet."""

    text: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Prepared:
    """The prepared start: secrets to be shown once, and what `run` needs to start the programs."""

    made: tuple[Made, ...]
    written: int
    grafana_environment: dict[str, str] = field(default_factory=dict)
    prometheus_command: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def prepare_all(settings: Settings, *, new: bool = False) -> Prepared:
    """Prepare everything; raises ConfigError when the programs could not start.

    `new` lets an empty database be made where traces of an earlier one lie.
    """
    _check_templates_folder(settings.templates_dir)
    if not new:
        refuse_lost_state(settings)
    make_folder(settings.data_dir, private=True)
    for folder in (run_folder(settings), settings.dashboards_dir):
        make_folder(folder)
    store = open_store(settings, make=True)
    try:
        store.migrate()
        accounts = account_store(store)
        first = ensure_first_admin(settings, store)
        ensure_metrics_token(settings.metrics_token, accounts)
        made = []
        if first.admin_password is not None and first.password_mark is not None:
            text = f"Sign in as {first.admin_user} with the password {first.admin_password.reveal()}"
            made.append(Made(text, first.password_mark))
        if first.api_token is not None:
            token = first.api_token.reveal()
            made.append(Made(f"API token: {token}", token_mark(hash_api_token(token))))
        grafana = PreparedGrafana({}, None)
        if settings.own_grafana:
            grafana = prepare_grafana(settings, secret_keeper(settings, store), unshown_secrets(store))
        if grafana.password_made is not None:
            text = f"Grafana's {settings.grafana_admin_user} has the password {grafana.password_made.reveal()}"
            made.append(Made(text, grafana_mark(grafana.password_made)))
        prometheus_command = prepare_prometheus(settings, accounts) if settings.own_prometheus else []
    finally:
        store.close()
    warnings = [*grafana.warnings, *_warnings(settings)]
    written = _prepare_files(settings, warnings)
    if behind_edge(settings):
        check_edge(render_edge(settings))
    return Prepared(tuple(made), written, grafana.environment, tuple(prometheus_command), tuple(warnings))


def tell_warnings(prepared: Prepared, *, as_json: bool = False) -> None:
    """Print warnings; as lines of the log where programs read it."""
    for warning in prepared.warnings:
        if as_json:
            click.echo(name_line("prepare", warning, as_json=True, now=datetime.now(UTC), level="warning"))
        else:
            click.echo(f"Note: {warning}", err=True)


def show_once(settings: Settings, prepared: Prepared, *, as_json: bool = False) -> None:
    """Show the secrets that were made, once the start has succeeded; until then the next start makes them anew."""
    if not prepared.made:
        return
    store = open_store(settings)
    try:
        unshown = unshown_secrets(store)
        # Another start may have made others meanwhile: then those are shown there, and these open nothing.
        made = [one for one in prepared.made if unshown.is_marked(one.mark)]
        if made and not as_json:
            click.echo("Made now and shown this once; keep it:")
        for one in made:
            if as_json:
                click.echo(name_line("prepare", one.text, as_json=True, now=datetime.now(UTC)))
            else:
                click.echo(f"  {one.text}")
            unshown.unmark(one.mark)
    finally:
        store.close()


def make_grafana_users(settings: Settings) -> None:
    """Ensure Grafana's three users, one for each of our roles; raises UpstreamError while Grafana does not answer."""
    with opened_services(settings, program="prepare") as services:
        ensure_grafana_users(services)


def _prepare_files(settings: Settings, warnings: list[str]) -> int:
    with opened_services(settings, program="prepare") as services:
        reconciler = build_reconciler(services)
        build_template_loading(services).load()
        report = reconciler.prepare_files()
        warnings += [f"the document {uid} could not be written: {reason}" for uid, reason in report.failed.items()]
        if services.storage_advice.may_vanish():
            warnings.append(
                "the state lies on a disk that does not outlive a deploy, so links would not survive one; set "
                "DATABASE_URL, put DATA_DIR on a disk that stays, or use LINK_TOKENS=derived"
            )
        if not settings.own_grafana and settings.may_make_grafana_users:
            try:
                ensure_grafana_users(services)
            except DashwrightError as fault:
                warnings.append(f"Grafana's users could not be looked at yet: {fault.message}")
        return len(report.uids(Outcome.WRITTEN))


def _warnings(settings: Settings) -> list[str]:
    found = []
    if settings.edge and not behind_edge(settings):
        found.append("nginx is not installed, so `web` takes the public port itself; that is slower")
    if behind_edge(settings) and settings.grafana_url and not grafana_addresses(settings):
        found.append(
            "Grafana's own pages are not passed on to those who are signed in, links are: that takes a GRAFANA_URL of "
            "the form http://host:port/grafana with a host that is known at the start"
        )
    if settings.admin_password is None and settings.listen_host in ("127.0.0.1", "::1"):
        found.append("no ADMIN_PASSWORD is set, so only this machine can reach the service")
    if settings.secret_key is not None and len(settings.secret_key.reveal()) < SHORTEST_SECRET_KEY:
        found.append(
            f"SECRET_KEY is shorter than {SHORTEST_SECRET_KEY} characters; whoever guesses it can sign in as anybody"
        )
    if settings.link_tokens is LinkTokens.DERIVED:
        found.append("LINK_TOKENS=derived: rotation, expiry and further links are refused")
    return found


def _check_templates_folder(folder: Path | None) -> None:
    """Refuse a folder that nothing can be read from: the service would start and go on with older templates or none."""
    if folder is None:
        return
    try:
        next(folder.iterdir(), None)
    except OSError as fault:
        raise ConfigError(
            f"TEMPLATES_DIR is {folder}, which cannot be read ({fault.strerror}); make that folder and put templates "
            "into it, or leave TEMPLATES_DIR out for the shipped ones"
        ) from fault
