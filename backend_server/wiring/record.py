"""What entrances use: every service by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cryptography.fernet import MultiFernet

from backend_server.accounts import AccountBook, HostTokens, UserBook
from backend_server.catalog import TemplateCatalog
from backend_server.datasources import PrometheusClient
from backend_server.devices.device import Device
from backend_server.grafana.client import GrafanaClient
from backend_server.ledger import Ledger
from backend_server.monitoring.storage_advice import StorageAdvice
from backend_server.monitoring.targets import ScrapeTargets
from backend_server.poller.client import PollerClient
from backend_server.poller.kinds import DeviceKind
from backend_server.primitives.limits import FetchLimits
from backend_server.primitives.secret import Secret
from backend_server.provisioning.folder import DashboardFolder
from backend_server.publishing import GeneratedDashboards, Packs
from backend_server.querying.scrape_watch import ScrapeWatch
from backend_server.reconcile.ports import ReconcileRecords
from backend_server.registry import DeviceRegistry, LinkRegistry
from backend_server.settings import Settings
from backend_server.storage.engine.store import Store
from backend_server.telemetry import Metrics
from backend_server.viewing.relay.readability import Readability
from backend_server.viewing.view_counts import ViewCounts
from backend_server.viewing.viewing import Viewing


@dataclass(frozen=True, slots=True)
class Services:
    """Safe for many threads. `close_services` at the end, and never carry it over a fork."""

    settings: Settings
    program: str
    supervised: bool  # supervisor runs us and our sibling programs in one container
    store: Store
    metrics: Metrics
    secret_key: Secret
    fernet: MultiFernet
    accounts: AccountBook
    users: UserBook
    host_tokens: HostTokens | None
    devices: DeviceRegistry
    links: LinkRegistry
    generated: GeneratedDashboards
    packs: Packs
    templates: TemplateCatalog
    device_kinds: Mapping[str, DeviceKind]
    records: ReconcileRecords
    files: DashboardFolder
    prometheus: PrometheusClient
    grafana: GrafanaClient | None
    views: ViewCounts
    ledger: Ledger
    viewing: Viewing
    readability: Readability
    scrape_watch: ScrapeWatch
    fetches: FetchLimits
    active_devices: Callable[[], tuple[Device, ...]]
    poller: PollerClient
    targets: ScrapeTargets
    storage_advice: StorageAdvice
