"""Health, scrape targets and storage advice, put together."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from backend_server.devices.device import Device
from backend_server.documents.status import DocumentState
from backend_server.monitoring.checks import (
    DatabaseCheck,
    DiskCheck,
    DocumentsCheck,
    GrafanaCheck,
    PollerCheck,
    PrometheusCheck,
    SecretsCheck,
    TemplatesCheck,
    WorkerCheck,
)
from backend_server.monitoring.health import Check, HealthCheck
from backend_server.monitoring.model import Level
from backend_server.monitoring.storage_advice import StorageAdvice
from backend_server.monitoring.targets import ScrapeTargets
from backend_server.outbound import CheckedAddresses, OutboundGuard, Purpose
from backend_server.poller.client import PollerClient
from backend_server.poller.kinds import DeviceKind
from backend_server.primitives.secret import Secret
from backend_server.provisioning.providers import check_before_reload
from backend_server.reconcile.heartbeat import HEARTBEAT
from backend_server.reconcile.held_removals import HELD
from backend_server.reconcile.template_adoption import TEMPLATES_FAULT
from backend_server.settings import LinkTokens, Settings
from backend_server.storage.engine.disk import filesystem, vanishes
from backend_server.storage.engine.store import Store
from backend_server.storage.leases import WORKER_LEASE
from backend_server.storage.secret_store import SecretStore
from backend_server.storage.tables.health import Names, StoredState
from backend_server.storage.tables.secret_ages import note_secrets
from backend_server.telemetry import Metrics

from .record import Services

_NAMES = Names(lease=WORKER_LEASE, heartbeat=HEARTBEAT, removals_held=HELD, templates_fault=TEMPLATES_FAULT)


def build_health(services: Services) -> HealthCheck:
    """Build the health check of every component."""
    settings, state = services.settings, stored_state(services.store)
    dead = Level.DOWN if services.supervised else Level.DEGRADED
    slow: dict[str, Check] = {
        "prometheus": PrometheusCheck(services.prometheus),
        "poller": PollerCheck(services.poller, dead),
        "documents": DocumentsCheck(state, partial(_count_documents, services.metrics)),
        "templates": TemplatesCheck(services.templates, state),
        "secrets": SecretsCheck(lambda: note_secrets(services.store, secrets_in_use(settings, services.store)), state),
    }
    if services.grafana is not None:
        check = GrafanaCheck(
            services.grafana,
            settings.own_grafana,
            partial(check_before_reload, settings.own_provisioning, settings.dashboards_dir),
            lambda: services.readability.fault,
        )
        slow = {"grafana": check, **slow}
    return HealthCheck(
        DatabaseCheck(state, services.storage_advice.may_vanish),
        slow=slow,
        quick={"disk": DiskCheck(lambda: shutil.disk_usage(settings.data_dir).free)},
        stored={"worker": WorkerCheck(state, dead)},
    )


def disk_kind(settings: Settings) -> str | None:
    """Return the kind of the file system of DATA_DIR; None where nothing is known of it."""
    return filesystem(settings.data_dir)


def stored_state(store: Store) -> StoredState:
    """Return what a store knows of the worker's work."""
    return StoredState(store, _NAMES)


def secrets_in_use(settings: Settings, store: Store) -> Mapping[str, Secret]:
    """Return every secret that is in use now, whoever made it."""
    found = {name.upper(): secret for name, secret in SecretStore(store, settings.data_dir).everything().items()}
    for name in ("secret_key", "fernet_keys", "grafana_secret_key"):
        given: Secret | None = getattr(settings, name)
        if given:
            # The newest key alone is in use; older ones are only still read.
            found[name.upper()] = Secret(given.reveal().partition(",")[0])
    return found


def build_targets(
    settings: Settings,
    metrics: Metrics,
    kinds: Mapping[str, DeviceKind],
    poller: PollerClient,
    devices: Callable[[], Sequence[Device]],
) -> ScrapeTargets:
    """Build the scrape targets for Prometheus."""
    reachable = CheckedAddresses(OutboundGuard(settings.outbound_allow), Purpose.DEVICE)
    return ScrapeTargets(
        devices,
        {name: kind.path for name, kind in kinds.items() if kind.scrape},
        poller.place,
        refused=reachable.refused,
        counted=metrics.refused_targets.set,
    )


def build_storage_advice(settings: Settings, store: Store) -> StorageAdvice:
    """Build the advice on whether the state would survive."""
    return StorageAdvice(
        in_a_file=store.dialect == "sqlite",
        derived_tokens=settings.link_tokens is LinkTokens.DERIVED,
        disk_vanishes=partial(
            vanishes,
            settings.data_dir,
            in_kubernetes=bool(settings.runtime_kubernetes),
            on_render=settings.render_external_url is not None,
        ),
    )


def _count_documents(metrics: Metrics, counts: Mapping[DocumentState, int]) -> None:
    for state, count in counts.items():
        metrics.documents.labels(state).set(count)
