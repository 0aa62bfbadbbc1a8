"""A whole house for reconcile tests: a real store and registry, real files, and a fake Grafana over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from backend_server.grafana import GrafanaClient
from backend_server.grafana.publishing import GrafanaPublishing
from backend_server.primitives.ids import Maker, dashboard_uid
from backend_server.provisioning import DashboardFolder
from backend_server.reconcile.held_removals import HeldRemovals
from backend_server.reconcile.ports import no_checkpoint
from backend_server.reconcile.reconciler import Options, Reconciler
from backend_server.reconcile.template_adoption import TemplateAdoption
from backend_server.registry import DeviceRegistry, FleetDocuments, LinkRegistry, RegistryOptions
from backend_server.storage.engine.store import Store, Transactions
from backend_server.storage.leases import LedStore
from backend_server.storage.schema import documents, publications
from backend_server.storage.transactions import Records
from backend_server.templates import TemplateSet, load_template
from backend_server.wiring.reconcile import reconcile_records
from tests.fakes.grafana import FakeGrafana

PANEL = {
    "id": 1,
    "type": "timeseries",
    "title": "Power",
    "gridPos": {"x": 0, "y": 0, "w": 24, "h": 8},
    "datasource": {"type": "prometheus", "uid": "prometheus"},
    "fieldConfig": {"defaults": {}, "overrides": []},
    "targets": [
        {
            "refId": "A",
            "datasource": {"type": "prometheus", "uid": "prometheus"},
            "expr": 'device_power_watts{device="<< device.id | label_value >>"}',
        }
    ],
}


def template_source(
    *, slot: str = "main", scope: str = "device", description: str = "first", kind: str | None = None, **header: Any
) -> bytes:
    """Write a small valid template."""
    target = {**PANEL["targets"][0]} if scope == "device" else {**PANEL["targets"][0], "expr": "sum(up)"}
    head: dict[str, Any] = {"slot": slot, "scope": scope, **header}
    if kind:
        head["applies_to"] = {"kind": kind}
    if scope == "fleet":
        head["title"] = "Fleet"
    return json.dumps(
        {"__template__": head, "description": description, "panels": [{**PANEL, "targets": [target]}]}, indent=1
    ).encode()


def template_set(**sources: bytes) -> TemplateSet:
    """Load templates by name."""
    return TemplateSet.of(load_template(f"{name}.json", source) for name, source in sources.items())


@dataclass
class House:
    """Everything a test touches; `grafana_url` None means the built-in viewer."""

    store: Store
    dashboards: Path
    grafana_url: str | None = None
    options: Options = field(default_factory=Options)
    checkpoint: Callable[[str], None] = no_checkpoint
    timeout_seconds: float = 5.0

    def __post_init__(self) -> None:
        first = template_set(generic=template_source())
        self.follow(lambda: first)
        registered = Records(self.store, with_grafana=self.grafana_url is not None)
        self.links = LinkRegistry(registered, RegistryOptions())
        self.registry = DeviceRegistry(registered, lambda: self.templates, RegistryOptions())
        self.folder = DashboardFolder(self.dashboards)
        self.folder.prepare()
        self.client: GrafanaClient | None = None
        self._publishing = None
        if self.grafana_url:
            self.client = GrafanaClient(self.grafana_url, user="admin", timeout_seconds=self.timeout_seconds)
            self._publishing = GrafanaPublishing(self.client, self.checkpoint)
        self._over(self.store)

    def led_by(self, fencing: Callable[[], int | None]) -> None:
        """Work as the one who leads by this number."""
        self._over(LedStore(self.store, fencing))

    def _over(self, store: Transactions) -> None:
        self.records = reconcile_records(store)
        self.removals = HeldRemovals(self.records.documents, self.records.values)
        self.reconciler = Reconciler(
            self.records,
            self.folder,
            self._publishing,
            options=self.options,
            checkpoint=self.checkpoint,
            templates=lambda: self.templates,
        )
        self.adoption = TemplateAdoption(self.records, FleetDocuments(Records(store)), checkpoint=self.checkpoint)

    @property
    def templates(self) -> TemplateSet:
        return self._current()

    def follow(self, current: Callable[[], TemplateSet]) -> None:
        """Fill from what this returns from now on, e.g. a catalog's."""
        self._current = current

    def close(self) -> None:
        if self.client is not None:
            self.client.close()

    def put(self, device_id: str, **fields: Any) -> None:
        self.registry.put(device_id, fields, "test")

    def use(self, templates: TemplateSet, match_slots: Callable[[], object] = lambda: None) -> None:
        """Take other templates, as the worker does."""
        self.follow(lambda: templates)
        self.adoption.adopt(templates, match_slots)

    def settle(self, most: int = 6) -> None:
        """Run passes until nothing is left, as the worker would in time."""
        for _ in range(most):
            if self.reconciler.run_pass().left == 0:
                return
        raise AssertionError(f"not settled: {self.rows()}")

    def row(self, device_id: str, slot: str = "main") -> Mapping[str, Any]:
        return self.rows()[dashboard_uid(Maker.DEVICE, slot, device_id)]

    def rows(self) -> dict[str, Mapping[str, Any]]:
        query = select(
            documents, publications.c.public_uid, publications.c.access_token, publications.c.state.label("public")
        ).select_from(documents.outerjoin(publications))
        with self.store.read() as connection:
            return {row["uid"]: dict(row) for row in connection.execute(query).mappings()}

    def files(self) -> dict[str, bytes]:
        return {str(path.relative_to(self.dashboards)): path.read_bytes() for path in self.dashboards.rglob("*.json")}

    def marks(self) -> dict[str, tuple[int, int]]:
        """Return time and inode of every file."""
        return {
            str(path.relative_to(self.dashboards)): (path.stat().st_mtime_ns, path.stat().st_ino)
            for path in self.dashboards.rglob("*.json")
        }

    def wake(self) -> None:
        """Let every retry time be over."""
        with self.store.write() as write:
            write.connection.execute(documents.update().values(retry_at=0))
        self.reconciler.breaker.reason = None


@contextmanager
def house_of(store: Store, dashboards: Path, grafana_url: str | None = None, **fields: Any) -> Iterator[House]:
    """Build a house and close it."""
    house = House(store, dashboards, grafana_url, **fields)
    try:
        yield house
    finally:
        house.close()


def live(house: House, device_id: str = "rig-1") -> bool:
    """Whether the record says live and visitors really get it."""
    row = house.row(device_id)
    said = row["state"] == "live" and not row["dirty"]
    assert house.client is not None
    shown = house.client.visitor_dashboard(row["access_token"]).status == 200
    assert not said or shown
    return said


def heal(house: House, fake: FakeGrafana) -> None:
    """Let the fake be well again and the house go on until it rests."""
    fake.heal()
    house.wake()
    house.settle()
