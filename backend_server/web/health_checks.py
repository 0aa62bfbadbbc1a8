"""What health looks at: upstreams over HTTP (asked aside, remembered), and what the store says of the worker's work.

Health is open to everyone, so nothing here names an address, a file, a device or a version.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import orjson
from sqlalchemy import func, select

from backend_server.documents.status import DocumentState, Wanted
from backend_server.errors import DashwrightError, UpstreamError
from backend_server.outbound import BoundedHttp
from backend_server.primitives.clock import format_ms
from backend_server.primitives.secret import Secret
from backend_server.provisioning.providers import check_before_reload
from backend_server.reconcile.reconciler import HELD
from backend_server.reconcile.worker import HEARTBEAT, TEMPLATES_FAULT
from backend_server.storage.leases import lease_state
from backend_server.storage.schema import documents
from backend_server.storage.secret_store import KeptSecrets
from backend_server.storage.tables.secret_ages import note_secrets
from backend_server.storage.tables.work import WORKER_LEASE

from .health_parts import Level, Part

if TYPE_CHECKING:
    from backend_server.grafana.client import GrafanaClient
    from backend_server.wiring.services import Services

Check = Callable[[], Part]

# Below it a public dashboard gives away datasource passwords and unauthenticated requests exhaust memory
# (CVE-2026-27877, CVE-2026-27880, CVE-2026-28380; fixed by 12.4.3).
SAFE_GRAFANA = (12, 4, 3)
# The longest single step of a pass, a reload of thousands of new files, has a deadline of a minute.
STUCK_AFTER_MS = 120_000
_VERSION_KEPT_SECONDS = 300.0
_ASK_SECONDS = 2.0
_DAY_MS = 86_400_000


def upstream_checks(services: Services) -> dict[str, Check]:
    """Return what is asked over HTTP or reads more than a row; each may take a while and may raise."""
    checks: dict[str, Check] = {
        "prometheus": partial(_prometheus, services),
        "poller": partial(_poller, services),
        "documents": partial(_documents, services),
        "templates": partial(_templates, services),
        "secrets": partial(_secrets, services, {}),
    }
    if services.grafana is not None:
        checks = {"grafana": partial(_grafana, services, services.grafana, _KnownVersion(services.grafana)), **checks}
    return checks


def store_checks(services: Services) -> dict[str, Check]:
    """Return what one row of the store tells."""
    return {"worker": partial(_worker, services)}


def is_below_floor(version: str | None) -> bool:
    """Whether a Grafana version is older than the oldest safe one; one that is hidden is not known to be."""
    if not version:
        return False
    numbers = version.partition("-")[0].partition("+")[0].split(".")
    if not all(number.isdigit() for number in numbers):
        return False
    return tuple(int(number) for number in numbers) < SAFE_GRAFANA


def _dead(services: Services, message: str) -> Part:
    """A part whose program runs beside us and must not die silently; elsewhere it is somebody else's to restart."""
    return Part(Level.DOWN if services.supervised else Level.DEGRADED, message)


class _KnownVersion:
    """Grafana's version where `hide_version` keeps it out of its health: asked for as who is signed in, and kept."""

    def __init__(self, grafana: GrafanaClient) -> None:
        self._grafana = grafana
        self._version: str | None = None
        self._good_until = 0.0

    def get(self) -> str | None:
        """Return the version; None when it is not told to us either."""
        if time.monotonic() >= self._good_until:
            try:
                self._version = self._grafana.version()
            except DashwrightError:
                return None  # what is wrong with Grafana is told by its health
            self._good_until = time.monotonic() + _VERSION_KEPT_SECONDS
        return self._version


def _grafana(services: Services, grafana: GrafanaClient, known: _KnownVersion) -> Part:
    settings = services.settings
    own = settings.own_grafana
    try:
        health = grafana.health()
    except Exception:
        if own:
            raise
        return Part(Level.DEGRADED, "cannot be reached; what is shared stays, changes wait")
    if not health.ok:
        return Part(Level.DOWN if own else Level.DEGRADED, "its database fails")
    faults = []
    if own:
        try:
            check_before_reload(settings.own_provisioning, settings.dashboards_dir)
        except UpstreamError:
            faults.append("what it reads dashboards by is missing or not as shipped; it is not told to reload")
    if services.readability.fault is not None:
        faults.append("its public page is not one this service knows; links show a notice in place of dashboards")
    if is_below_floor(health.version or known.get()):
        faults.append("is older than the oldest version that is safe for public dashboards")
    return Part(Level.DEGRADED, "; ".join(faults)) if faults else Part(Level.OK)


def _prometheus(services: Services) -> Part:
    if services.prometheus.ready():
        return Part(Level.OK)
    return Part(Level.DEGRADED, "does not answer; dashboards show no data")


def _poller(services: Services) -> Part:
    http = BoundedHttp("The poller", connections=1)
    try:
        reply = http.call(
            "GET",
            f"http://127.0.0.1:{services.settings.poller_port}/-/healthy",
            deadline_seconds=_ASK_SECONDS,
            max_bytes=4096,
        )
    except Exception:  # noqa: BLE001 - whatever the reason, it does not answer
        return _dead(services, "does not answer; devices are not polled")
    finally:
        http.close()
    return Part(Level.OK) if reply.status == 200 else _dead(services, "answers with an error")


def _documents(services: Services) -> Part:
    wanted = documents.c.wanted == Wanted.PRESENT
    query = select(documents.c.state, func.count()).where(wanted).group_by(documents.c.state)
    with services.store.read() as connection:
        counts = {str(state): int(count) for state, count in connection.execute(query)}
    for state, count in counts.items():
        services.metrics.documents.labels(state).set(count)
    facts = {
        "total": sum(counts.values()),
        "pending": counts.get(DocumentState.PENDING, 0),
        "failed": counts.get(DocumentState.FAILED, 0),
    }
    if services.work.kept(HELD):
        return Part(Level.DEGRADED, "removals wait for a person's word", facts)
    if facts["failed"]:
        return Part(Level.DEGRADED, "some cannot be made or published; each says why", facts)
    return Part(Level.OK, facts=facts)


def _templates(services: Services) -> Part:
    faults = len(services.templates.faults())
    in_use = len(services.templates.current().templates)
    if services.work.kept(TEMPLATES_FAULT):
        # Which folder and why stands in the worker's log: this answer is for everyone.
        message = "the templates folder cannot be read or is empty; the last good versions stay in use"
        return Part(Level.DEGRADED, message, {"in_use": in_use})
    if faults or not in_use:
        message = f"{faults} broken; the last good versions stay in use" if faults else "there are none"
        return Part(Level.DEGRADED, message, {"in_use": in_use})
    return Part(Level.OK, facts={"in_use": in_use})


def _secrets(services: Services, since: dict[str, int]) -> Part:
    """How old the oldest secret in use is; looked up once, since a secret changes with a restart only."""
    settings = services.settings
    if not since:
        in_use = {
            name.upper(): secret for name, secret in KeptSecrets(services.store, settings.data_dir).everything().items()
        }
        for name in ("secret_key", "fernet_keys", "grafana_secret_key"):
            given: Secret | None = getattr(settings, name)
            if given:
                # The newest key alone is in use; older ones are only still read.
                in_use[name.upper()] = Secret(given.reveal().partition(",")[0])
        since.update(note_secrets(services.store, in_use))
    oldest_ms = services.work.now_ms() - min(since.values()) if since else 0
    return Part(Level.OK, facts={"oldest_days": oldest_ms // _DAY_MS})


def _worker(services: Services) -> Part:
    with services.store.read() as connection:
        lease = lease_state(connection, services.store.dialect, WORKER_LEASE)
    if lease is None:
        return _dead(services, "has not begun yet")
    if not lease.held:
        return _dead(services, "nobody leads; changes wait")
    told = services.work.kept(HEARTBEAT)
    beat = orjson.loads(told) if told else {}
    if beat.get("fencing") != lease.fencing or not beat.get("passed"):
        return _dead(services, "has taken the lead and not finished its first pass yet")
    # The lease lives as long as the process does; the beat stands still when its loop hangs.
    if services.work.now_ms() - beat["at"] > STUCK_AFTER_MS:
        return _dead(services, "does not go on; changes wait")
    moments = {"last_seen_at": beat["at"], "last_pass_at": beat.get("last_pass_at")}
    return Part(
        Level.OK, facts={name: format_ms(moment) for name, moment in moments.items() if isinstance(moment, int)}
    )
