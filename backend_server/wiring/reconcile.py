"""Passes and the loop around them, put together."""

from __future__ import annotations

import os
import secrets
import socket
from functools import partial

from backend_server.catalog import TemplateCatalog
from backend_server.grafana.client import GrafanaClient
from backend_server.grafana.publishing import GrafanaPublishing
from backend_server.grafana.users import ensure_three_users
from backend_server.primitives.shipped import shipped
from backend_server.provisioning.providers import check_before_reload
from backend_server.provisioning.template_folder import TemplateFolder, TemplateWatch
from backend_server.reconcile.filling import Filling
from backend_server.reconcile.lead import Lead
from backend_server.reconcile.ports import ReconcileRecords
from backend_server.reconcile.reconciler import Options, Reconciler
from backend_server.reconcile.schedule import Job
from backend_server.reconcile.template_adoption import TemplateAdoption, TemplateFollower, TemplateLoading
from backend_server.reconcile.worker import Pace, Watcher, Worker
from backend_server.registry import FleetDocuments
from backend_server.settings import Settings
from backend_server.storage.engine.store import Store, Transactions
from backend_server.storage.key_values import KeyValues
from backend_server.storage.leases import WORKER_LEASE, Lease, LedStore
from backend_server.storage.tables.device_list import DeviceList
from backend_server.storage.tables.document_record import DocumentRecord
from backend_server.storage.tables.publication_record import PublicationRecord
from backend_server.storage.tables.purge import Purge
from backend_server.storage.tables.static_documents import StaticBodies
from backend_server.storage.tables.templates import TemplateTable
from backend_server.storage.tables.titles import Titles
from backend_server.storage.transactions import Records

from .record import Services


def reconcile_records(store: Transactions, *, share_default: str = "true") -> ReconcileRecords:
    """Return the records of a store; of a `LedStore`, as the worker that leads writes them."""
    devices = DeviceList(store, share_default=share_default)
    return ReconcileRecords(
        documents=DocumentRecord(store, devices),
        publications=PublicationRecord(store),
        titles=Titles(store),
        values=KeyValues(store),
        devices=devices,
        static_documents=StaticBodies(store),
        purge=Purge(store),
        templates=TemplateTable(store),
    )


def build_reconciler(services: Services, store: Transactions | None = None) -> Reconciler:
    """Build what runs passes over the services' store and files; the worker, `prepare` and the plan use it.

    `store` is that of whoever leads; without it the record is written as it is, by one process alone.
    """
    settings = services.settings
    return Reconciler(
        reconcile_records(store or services.store, share_default=settings.share_default),
        services.files,
        _publishing(settings, services.grafana) if services.grafana else None,
        options=Options(
            breaker_share=settings.deletion_breaker,
            breaker_floor=settings.deletion_breaker_floor,
            retired_keep_seconds=settings.retired_keep,
        ),
        templates=services.templates.current,
    )


def build_template_loading(services: Services, store: Transactions | None = None) -> TemplateLoading:
    """Build what takes templates into use; `store` as in `build_reconciler`."""
    store = store or services.store
    records = reconcile_records(store, share_default=services.settings.share_default)
    adoption = TemplateAdoption(records, FleetDocuments(Records(store)))
    return TemplateLoading(records, services.templates, services.devices, adoption)


def build_filling(settings: Settings, store: Store) -> Filling:
    """Build what knows which documents templates and devices would make otherwise; to ask it changes nothing."""
    templates = TemplateCatalog(template_folder(settings), TemplateTable(store))
    return Filling(reconcile_records(store, share_default=settings.share_default), templates.current)


def build_worker(services: Services, *, watcher: Watcher | None = None) -> Worker:
    """Build the loop around the passes; `run(stop)` works until the event is set."""
    settings = services.settings
    holder = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
    lead = Lead(Lease(services.store, WORKER_LEASE, holder))
    store = LedStore(services.store, lambda: lead.fencing)
    reconciler = build_reconciler(services, store)
    sees_to_users = services.grafana is not None and settings.may_make_grafana_users
    return Worker(
        reconciler,
        records=reconcile_records(store, share_default=settings.share_default),
        changes=services.store,
        lead=lead,
        templates=TemplateFollower(
            TemplateWatch(template_folder(settings).path), build_template_loading(services, store)
        ),
        with_grafana=services.grafana is not None,
        pace=Pace(
            pass_interval_seconds=settings.pass_interval,
            audit_interval_seconds=settings.audit_interval,
            reload_window_seconds=settings.reload_window,
        ),
        watcher=watcher,
        after_audit=Job("looking after Grafana's users", partial(ensure_grafana_users, services))
        if sees_to_users
        else None,
    )


def ensure_grafana_users(services: Services) -> None:
    """Ensure Grafana's three users, one for each of our roles; raises UpstreamError while Grafana does not answer."""
    if services.grafana is not None:
        ensure_three_users(services.grafana)


def template_folder(settings: Settings) -> TemplateFolder:
    """Return the folder of template files: `TEMPLATES_DIR`, else the shipped one."""
    return TemplateFolder(settings.templates_dir or shipped("dashboard_templates"))


def _publishing(settings: Settings, grafana: GrafanaClient) -> GrafanaPublishing:
    if not settings.own_grafana:
        return GrafanaPublishing(grafana)
    check = partial(check_before_reload, settings.own_provisioning, settings.dashboards_dir)
    return GrafanaPublishing(grafana, before_reload=check)
