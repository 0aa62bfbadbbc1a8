"""What health examines, one check for each component: its present level, and what to say of it.

Health is open to everyone, so nothing here names an address, a file, a device or a version.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from backend_server.catalog import TemplateCatalog
from backend_server.documents.status import DocumentState
from backend_server.errors import DashwrightError, UpstreamError
from backend_server.primitives.clock import format_ms

from .model import Level, Part
from .ports import Grafana, Poller, Prometheus, State

# Below it a public dashboard gives away datasource passwords and unauthenticated requests exhaust memory
# (CVE-2026-27877, CVE-2026-27880, CVE-2026-28380; fixed by 12.4.3).
SAFE_GRAFANA = (12, 4, 3)
# The longest single step of a pass, a reload of thousands of new files, has a deadline of a minute.
STUCK_AFTER_MS = 120_000
_MIN_FREE_BYTES = 100 * 1024 * 1024
_VERSION_KEPT_SECONDS = 300.0
_DAY_MS = 86_400_000


def is_below_floor(version: str | None) -> bool:
    """Whether a Grafana version is older than the oldest safe one; a hidden one does not count as older."""
    if not version:
        return False
    numbers = version.partition("-")[0].partition("+")[0].split(".")
    if not all(number.isdigit() for number in numbers):
        return False
    return tuple(int(number) for number in numbers) < SAFE_GRAFANA


@dataclass(frozen=True, slots=True)
class DatabaseCheck:
    """The database, and the disk it may lie on."""

    state: State
    may_vanish: Callable[[], bool]

    def __call__(self) -> Part:
        """Check the database."""
        if not self.state.is_reached():
            return Part(Level.DOWN, "cannot be reached")
        if self.state.is_lost():
            return Part(Level.DOWN, "its file was removed or replaced while the service runs; nothing is stored")
        if self.may_vanish():
            return Part(Level.DEGRADED, "lies on a disk that may vanish at a deploy; links would not survive it")
        return Part(Level.OK)


@dataclass(frozen=True, slots=True)
class DiskCheck:
    """The free space below the data folder."""

    free_bytes: Callable[[], int]

    def __call__(self) -> Part:
        """Check the free space."""
        try:
            free = self.free_bytes()
        except OSError:
            return Part(Level.DOWN, "the data folder cannot be read")
        if free < _MIN_FREE_BYTES:
            return Part(Level.DEGRADED, "less than 100 MB are free", {"free_bytes": free})
        return Part(Level.OK, facts={"free_bytes": free})


@dataclass(slots=True)
class _KnownVersion:
    """Grafana's version where `hide_version` keeps it out of its health: asked for while signed in, and remembered."""

    version: str | None = None
    good_until: float = 0.0

    def get(self, grafana: Grafana) -> str | None:
        """Return the version; None when it is hidden from us too."""
        if time.monotonic() >= self.good_until:
            try:
                self.version = grafana.version()
            except DashwrightError:
                return None  # Grafana's health reports what is wrong with it
            self.good_until = time.monotonic() + _VERSION_KEPT_SECONDS
        return self.version


@dataclass(frozen=True, slots=True)
class GrafanaCheck:
    """Grafana: `own` when supervisor runs it for us, so that nothing works without it.

    `check_providers` raises UpstreamError when what our own one reads dashboards by is not as shipped; `page_fault`
    says why its public page cannot be shown.
    """

    grafana: Grafana
    own: bool
    check_providers: Callable[[], None]
    page_fault: Callable[[], str | None]
    known: _KnownVersion = field(default_factory=_KnownVersion)

    def __call__(self) -> Part:
        """Check Grafana; raises what asking raises when it is our own."""
        try:
            health = self.grafana.health()
        except Exception:
            if self.own:
                raise
            return Part(Level.DEGRADED, "cannot be reached; what is shared stays, changes wait")
        if not health.ok:
            return Part(Level.DOWN if self.own else Level.DEGRADED, "its database fails")
        faults = []
        if self.own:
            try:
                self.check_providers()
            except UpstreamError:
                faults.append("its provider file is missing or not as shipped, so it is not asked to reload")
        if self.page_fault() is not None:
            faults.append("its public page is not one this service knows; links show a notice in place of dashboards")
        if is_below_floor(health.version or self.known.get(self.grafana)):
            faults.append("is older than the oldest version that is safe for public dashboards")
        return Part(Level.DEGRADED, "; ".join(faults)) if faults else Part(Level.OK)


@dataclass(frozen=True, slots=True)
class PrometheusCheck:
    """The default Prometheus."""

    prometheus: Prometheus

    def __call__(self) -> Part:
        """Check Prometheus."""
        if self.prometheus.ready():
            return Part(Level.OK)
        return Part(Level.DEGRADED, "does not answer; dashboards show no data")


@dataclass(frozen=True, slots=True)
class PollerCheck:
    """The poller; `dead` is how bad its silence is: beside us it must not die silently, elsewhere others restart it."""

    poller: Poller
    dead: Level

    def __call__(self) -> Part:
        """Check the poller."""
        try:
            healthy = self.poller.healthy()
        except Exception:  # noqa: BLE001 - whatever the reason, it does not answer
            return Part(self.dead, "does not answer; devices are not polled")
        return Part(Level.OK) if healthy else Part(self.dead, "answers with an error")


@dataclass(frozen=True, slots=True)
class DocumentsCheck:
    """The wanted documents by state; `counted` receives the numbers."""

    state: State
    counted: Callable[[Mapping[DocumentState, int]], None]

    def __call__(self) -> Part:
        """Check the documents."""
        counts = self.state.documents_by_state()
        self.counted(counts)
        facts = {
            "total": sum(counts.values()),
            "pending": counts.get(DocumentState.PENDING, 0),
            "failed": counts.get(DocumentState.FAILED, 0),
        }
        if self.state.removals_held():
            return Part(Level.DEGRADED, "removals wait for a person's word", facts)
        if facts["failed"]:
            return Part(Level.DEGRADED, "some cannot be made or published; each says why", facts)
        return Part(Level.OK, facts=facts)


@dataclass(frozen=True, slots=True)
class TemplatesCheck:
    """The templates in use."""

    catalog: TemplateCatalog
    state: State

    def __call__(self) -> Part:
        """Check the templates."""
        faults = len(self.catalog.faults())
        in_use = len(self.catalog.current().templates)
        if self.state.templates_folder_failed():
            # Which folder and why stands in the worker's log: this answer is for everyone.
            message = "the templates folder cannot be read or is empty; the last good versions stay in use"
            return Part(Level.DEGRADED, message, {"in_use": in_use})
        if faults or not in_use:
            message = f"{faults} broken; the last good versions stay in use" if faults else "there are none"
            return Part(Level.DEGRADED, message, {"in_use": in_use})
        return Part(Level.OK, facts={"in_use": in_use})


@dataclass(slots=True)
class SecretsCheck:
    """How old the oldest secret in use is; looked up once, since a secret changes with a restart only."""

    in_use_since: Callable[[], Mapping[str, int]]
    state: State
    _since: Mapping[str, int] = field(default_factory=dict)

    def __call__(self) -> Part:
        """Check how old the secrets are."""
        if not self._since:
            self._since = self.in_use_since()
        oldest_ms = self.state.now_ms() - min(self._since.values()) if self._since else 0
        return Part(Level.OK, facts={"oldest_days": oldest_ms // _DAY_MS})


@dataclass(frozen=True, slots=True)
class WorkerCheck:
    """Whoever leads; `dead` as for the poller."""

    state: State
    dead: Level

    def __call__(self) -> Part:
        """Check the worker."""
        lease = self.state.lease()
        if lease is None:
            return Part(self.dead, "has not begun yet")
        if not lease.held:
            return Part(self.dead, "no worker leads; changes wait")
        beat = self.state.heartbeat()
        if beat is None or beat.fencing != lease.fencing or not beat.passed:
            return Part(self.dead, "has taken the lead and not finished its first pass yet")
        # The lease lives as long as the process does; the beat stands still when its loop hangs.
        if self.state.now_ms() - beat.at > STUCK_AFTER_MS:
            return Part(self.dead, "is stalled; changes wait")
        moments = {"last_seen_at": beat.at, "last_pass_at": beat.last_pass_at}
        return Part(Level.OK, facts={name: format_ms(at) for name, at in moments.items() if at is not None})
