"""What the probes observed, as plain values. None means that it could not be observed, not that it is fine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SettingsFacts:
    """What the settings say; `secrets` holds each by name, as it was given by an operator."""

    public_url: str | None
    listen_host: str
    has_password: bool
    outbound_allow: str
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class StateFacts:
    """The database, the disk under it, and what the store reports."""

    dialect: str
    database_problem: str | None = None
    journal_mode: str | None = None  # SQLite's, e.g. "wal"
    filesystem: str | None = None  # kind of the file system of DATA_DIR, e.g. "overlay"
    derived_tokens: bool = False
    free_bytes: int | None = None
    loose_files: tuple[str, ...] = ()  # secrets others may read
    links_without_expiry: int | None = None
    worker_leads: bool | None = None
    failed_documents: int | None = None
    outdated_documents: int | None = None  # not as their templates and devices ask, and owed by no pass
    removals_held: bool = False
    prometheus_answers: bool | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A dashboard file: where it lies, what Grafana knows it by, and whether it is ours."""

    file: str
    uid: str
    title: str
    ours: bool


@dataclass(frozen=True, slots=True)
class FilesFacts:
    """The dashboards folder and Grafana's provider file."""

    folder: str
    with_grafana: bool
    missing: bool = False
    writable: bool = True
    unreadable: tuple[str, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    provider_missing: str | None = None
    provider_problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GrafanaFacts:
    """Grafana as it answers at GRAFANA_URL. `ini` holds its own settings, section by section."""

    url_path: str
    answers: bool = True
    problem: str = ""
    version: str | None = None
    identity: str | None = None  # what it said to our own identity, None when it took it
    ini: Mapping[str, Mapping[str, str]] | None = None
    page_status: int | None = None
    page_base: str | None = None
    page_problem: str | None = None  # why the relay could not take it apart
    frame_options: str | None = None
    public_list_status: int | None = None
    anonymous_status: int | None = None
    metrics_status: int | None = None
    default_password: bool = False
    direct_datasources: tuple[str, ...] = ()
    owner_datasources: tuple[str, ...] = ()  # those that ask our database as the user we are
    reached_at: tuple[str, ...] = ()  # addresses besides loopback on which it answers
    believed_at: tuple[str, ...] = ()  # those on which it believes the identity header


@dataclass(frozen=True, slots=True)
class ProbedPath:
    """One answer from outside; None for a status that never came."""

    path: str
    status: int | None
    is_grafana: bool = False
    login: str | None = None


@dataclass(frozen=True, slots=True)
class OutsideFacts:
    """The public address as a stranger sees it."""

    url: str
    problem: str | None = None
    itself: bool = False  # asked by the machine itself, at the address it listens on
    health_status: int | None = None
    health_is_ours: bool = False
    components: Mapping[str, str] = field(default_factory=dict)
    plain: tuple[ProbedPath, ...] = ()
    claimed: tuple[ProbedPath, ...] = ()  # the same paths with an identity header
    api_status: int | None = None
    metrics_paths: tuple[str, ...] = ()
    page_is_grafana: bool = False
    other_ports: tuple[ProbedPath, ...] = ()


@dataclass(frozen=True, slots=True)
class Clocks:
    """How many seconds each clock is ahead of ours; the answers' own coarseness taken off."""

    ahead_seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that was examined; a part is None when it was not."""

    settings: SettingsFacts | None = None
    state: StateFacts | None = None
    files: FilesFacts | None = None
    grafana: GrafanaFacts | None = None
    outside: OutsideFacts | None = None
    clocks: Clocks = field(default_factory=Clocks)
    not_looked_at: tuple[str, ...] = ()
