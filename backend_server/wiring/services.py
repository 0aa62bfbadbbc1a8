"""Where everything is joined: settings in, services out. The only module that knows effects and use cases alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from backend_server.accounts import AccountBook, UserBook
from backend_server.catalog import TemplateCatalog
from backend_server.errors import DashwrightError
from backend_server.ledger import Ledger
from backend_server.poller.client import PollerClient
from backend_server.primitives.clock import epoch_ms
from backend_server.provisioning.folder import MOST_PER_PROVIDER, DashboardFolder
from backend_server.queries.steps import LearnedScrapes
from backend_server.querying.scrape_watch import ScrapeWatch
from backend_server.registry import DeviceRegistry, LinkRegistry, RegistryOptions, StaticDocuments
from backend_server.settings import LinkTokens, Settings
from backend_server.settings.capacity import WRITERS
from backend_server.storage.engine.store import Store
from backend_server.storage.tables.accounts import SqlAccounts
from backend_server.storage.tables.device_list import DeviceList
from backend_server.storage.tables.filed_documents import SqlFiledDocuments
from backend_server.storage.tables.ledger import SqlLedger
from backend_server.storage.tables.templates import TemplateTable
from backend_server.storage.transactions import Records
from backend_server.telemetry import Metrics, get_logger
from backend_server.viewing.viewer.documents import FiledDocuments

from .accounts import build_host_tokens, ensure_fernet, ensure_secret_key
from .monitoring import build_storage_advice, build_targets
from .poller import device_kinds
from .publishing import build_generated, build_packs
from .reconcile import reconcile_records, template_folder
from .record import Services
from .store import make_private_folder, open_store
from .upstreams import build_upstreams
from .viewing import build_readability, build_source, build_view_counts, build_viewing

_log = get_logger("wiring")


def flush_services(services: Services) -> None:
    """Write what was collected in memory (last seen, views, last uses); a failure is logged and retried."""
    for write in (services.devices.flush, services.views.flush, services.accounts.flush, services.ledger.tidy):
        try:
            write()
        except DashwrightError as fault:
            _log.warning("could not write what was gathered", error=fault.message)


def close_services(services: Services) -> None:
    """Write what was collected in memory and close every connection."""
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
    if program == "web":
        store.writers = WRITERS.limit()
    try:
        make_private_folder(settings.data_dir)
        store.check()
        return _join(settings, program, store)
    except BaseException:
        store.close()
        raise


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
    scrapes = LearnedScrapes()
    source = build_source(settings, store, documents, upstreams, readability, scrapes=scrapes)
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
        scrape_watch=ScrapeWatch(upstreams.prometheus, scrapes, epoch_ms),
        fetches=upstreams.fetches,
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
