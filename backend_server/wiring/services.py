"""Where everything is joined: settings in, services out. The only module that knows effects and use cases alike."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from backend_server.accounts import AccountBook, UserBook
from backend_server.catalog import TemplateCatalog
from backend_server.errors import DashwrightError
from backend_server.grafana.client import GrafanaClient
from backend_server.grafana.publishing import GrafanaPublishing
from backend_server.grafana.users import ensure_three_users
from backend_server.grafana_users_kept import UsersAfterAudits
from backend_server.ledger import Ledger
from backend_server.poller.client import PollerClient
from backend_server.primitives.clock import epoch_ms
from backend_server.primitives.shipped import shipped
from backend_server.provisioning.folder import MOST_PER_PROVIDER, DashboardFolder
from backend_server.provisioning.providers import check_before_reload
from backend_server.provisioning.template_folder import TemplateFolder, TemplateWatch
from backend_server.reconcile.lead import Lead
from backend_server.reconcile.reconciler import Options as ReconcileOptions
from backend_server.reconcile.reconciler import Reconciler
from backend_server.reconcile.template_adoption import TemplateAdoption, TemplateLoading
from backend_server.reconcile.worker import Pace, Unwatched, Watcher, Worker
from backend_server.registry import DeviceRegistry, FleetDocuments, LinkRegistry, RegistryOptions, StaticDocuments
from backend_server.settings import LinkTokens, Settings
from backend_server.storage.engine.store import Store, Transactions
from backend_server.storage.leases import WORKER_LEASE, Lease, LedStore
from backend_server.storage.tables.accounts import SqlAccounts
from backend_server.storage.tables.device_list import DeviceList
from backend_server.storage.tables.filed_documents import SqlFiledDocuments
from backend_server.storage.tables.ledger import SqlLedger
from backend_server.storage.tables.templates import TemplateTable
from backend_server.storage.transactions import Records
from backend_server.telemetry import Metrics, get_logger
from backend_server.viewing.viewer.documents import FiledDocuments
from backend_server.wiring.records import reconcile_records

from .accounts import build_host_tokens, ensure_fernet, ensure_secret_key
from .monitoring import build_storage_advice, build_targets
from .poller import device_kinds
from .publishing import build_generated, build_packs
from .record import Services
from .store import open_store
from .upstreams import build_upstreams
from .viewing import build_readability, build_source, build_view_counts, build_viewing

_log = get_logger("wiring")


def flush_services(services: Services) -> None:
    """Write what is gathered in memory (last seen, views, last uses); a failure is logged and tried again."""
    for write in (services.devices.flush, services.views.flush, services.accounts.flush, services.ledger.tidy):
        try:
            write()
        except DashwrightError as fault:
            _log.warning("could not write what was gathered", error=fault.message)


def close_services(services: Services) -> None:
    """Write what is gathered and close every connection."""
    flush_services(services)
    services.viewing.close()
    services.prometheus.close()
    if services.grafana is not None:
        services.grafana.close()
    services.store.close()


@contextmanager
def opened_services(settings: Settings, *, program: str) -> Iterator[Services]:
    """Build the services and close them at the end."""
    services = build_services(settings, program=program)
    try:
        yield services
    finally:
        close_services(services)


def build_services(settings: Settings, *, program: str) -> Services:
    """Open the database and join everything; raises ConfigError when something is missing. Does not listen or loop."""
    store = open_store(settings)
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        store.check()
        return _join(settings, program, store)
    except BaseException:
        store.close()
        raise


def build_reconciler(services: Services, store: Transactions | None = None) -> Reconciler:
    """Make what runs passes over the services' store and files; the worker, `prepare` and the plan use it.

    `store` is that of whoever leads; without it the record is written as it is, by one process alone.
    """
    settings = services.settings
    return Reconciler(
        reconcile_records(store or services.store, share_default=settings.share_default),
        services.files,
        _publishing(settings, services.grafana) if services.grafana else None,
        options=ReconcileOptions(
            breaker_share=settings.deletion_breaker,
            breaker_floor=settings.deletion_breaker_floor,
            retired_keep=settings.retired_keep,
        ),
        templates=services.templates.current(),
    )


def _publishing(settings: Settings, grafana: GrafanaClient) -> GrafanaPublishing:
    if not settings.own_grafana:
        return GrafanaPublishing(grafana)
    check = partial(check_before_reload, settings.own_provisioning, settings.dashboards_dir)
    return GrafanaPublishing(grafana, before_reload=check)


def build_worker(services: Services, *, watcher: Watcher | None = None) -> Worker:
    """Make the loop around the passes; `run(stop)` works until the event is set."""
    settings = services.settings
    holder = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
    lead = Lead(Lease(services.store, WORKER_LEASE, holder))
    store = LedStore(services.store, lambda: lead.fencing)
    reconciler = build_reconciler(services, store)
    return Worker(
        reconciler,
        records=reconcile_records(store, share_default=settings.share_default),
        changes=services.store,
        lead=lead,
        watch=TemplateWatch(template_folder(settings).path),
        templates=build_template_loading(services, reconciler, store),
        with_grafana=services.grafana is not None,
        pace=Pace(
            pass_interval=settings.pass_interval,
            audit_interval=settings.audit_interval,
            reload_window=settings.reload_window,
        ),
        watcher=_looking_after_users(services, watcher or Unwatched()),
    )


def build_template_loading(
    services: Services, reconciler: Reconciler, store: Transactions | None = None
) -> TemplateLoading:
    """Make what takes templates into use; `store` as in `build_reconciler`."""
    store = store or services.store
    records = reconcile_records(store, share_default=services.settings.share_default)
    adoption = TemplateAdoption(records, FleetDocuments(Records(store)), reconciler.use)
    return TemplateLoading(records, services.templates, services.devices, adoption)


def ensure_grafana_users(services: Services) -> None:
    """Ensure Grafana's three users, one for each of our roles; raises UpstreamError while Grafana does not answer."""
    if services.grafana is not None:
        ensure_three_users(services.grafana)


def _looking_after_users(services: Services, watcher: Watcher) -> Watcher:
    if services.grafana is None or not services.settings.may_make_grafana_users:
        return watcher
    return UsersAfterAudits(watcher, partial(ensure_three_users, services.grafana))


def template_folder(settings: Settings) -> TemplateFolder:
    """Return the folder of template files: `TEMPLATES_DIR`, else the shipped one."""
    return TemplateFolder(settings.templates_dir or shipped("dashboard_templates"))


def _join(settings: Settings, program: str, store: Store) -> Services:
    secret_key = ensure_secret_key(settings, store)
    records = Records(store, with_grafana=settings.grafana_url is not None)
    templates = TemplateCatalog(template_folder(settings), TemplateTable(store))
    options = _registry_options(settings)
    devices = DeviceRegistry(records, templates.current, options)
    metrics = Metrics()
    links = LinkRegistry(records, options, on_action=metrics.links.changed)
    metrics.links.ask_at_scrape(links.directory.standing)
    # Only Grafana bounds how many dashboards a provider may hold.
    most = MOST_PER_PROVIDER if settings.grafana_url else None
    files = DashboardFolder(settings.dashboards_dir, most_per_provider=most)
    upstreams = build_upstreams(settings)
    documents = FiledDocuments(
        SqlFiledDocuments(store), files, templates.current, lambda device_id: devices.get(device_id).device
    )
    views, readability = build_view_counts(store, metrics), build_readability()
    source = build_source(settings, store, documents, upstreams, readability)
    device_list = DeviceList(store, share_default=settings.share_default)
    kinds = device_kinds(settings)
    published = StaticDocuments(records)
    poller = PollerClient(settings.poller_port)
    return Services(
        settings=settings,
        program=program,
        supervised=settings.runtime_supervised,
        store=store,
        metrics=metrics,
        secret_key=secret_key,
        fernet=ensure_fernet(settings, store),
        accounts=AccountBook(SqlAccounts(store)),
        users=UserBook(SqlAccounts(store)),
        host_tokens=build_host_tokens(settings),
        devices=devices,
        links=links,
        generated=build_generated(settings, published),
        packs=build_packs(published),
        templates=templates,
        device_kinds=kinds,
        records=reconcile_records(store, share_default=settings.share_default),
        files=files,
        prometheus=upstreams.prometheus,
        grafana=upstreams.grafana,
        views=views,
        ledger=Ledger(SqlLedger(store), keep_ms=int(settings.ledger_keep * 1000), clock_ms=epoch_ms),
        viewing=build_viewing(links, source, views, secret_key),
        readability=readability,
        active_devices=device_list.active,
        poller=poller,
        targets=build_targets(settings, metrics, kinds, poller, device_list.active),
        storage_advice=build_storage_advice(settings, store),
    )


def _registry_options(settings: Settings) -> RegistryOptions:
    return RegistryOptions(
        share_default=settings.share_default,
        stale_after_ms=int(settings.stale_after * 1000),
        retired_keep_ms=int(settings.retired_keep * 1000),
        secret_key=settings.secret_key if settings.link_tokens is LinkTokens.DERIVED else None,
    )
