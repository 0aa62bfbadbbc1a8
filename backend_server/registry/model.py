"""The registry's frozen values. Times are epoch milliseconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backend_server.devices.device import DeviceRecord
from backend_server.documents.status import DocumentStatus
from backend_server.links.link import FoundLink, Link, LinkState
from backend_server.primitives.ids import DashboardUid, Maker
from backend_server.primitives.secret import Secret

_DAY_MS = 86_400_000

Fields = Mapping[str, object]  # what `devices.fields.parse_fields` returns


@dataclass(frozen=True, slots=True)
class RegistryOptions:
    """What the settings say. With a `secret_key` tokens are derived, and default links survive a lost database."""

    share_default: str = "true"
    stale_after_ms: int = 90_000
    retired_keep_ms: int = 30 * 86_400_000
    secret_key: Secret | None = None


@dataclass(frozen=True, slots=True)
class StoreState:
    """The store's one row, in the same snapshot as what is read with it."""

    epoch: str
    change: int
    forget_change: int
    links_on: bool


@dataclass(frozen=True, slots=True)
class DeviceQuery:
    """Which devices a list is to hold; `state` is active, stale or retired, `seen_before` is when stale begins."""

    state: str | None = None
    kind: str | None = None
    search: str | None = None
    page: int = 1
    per_page: int = 100
    seen_before: int = 0


@dataclass(frozen=True, slots=True)
class LinkQuery:
    """Which links a list is to hold; `search` looks in label, slug, object and title, `state` is as of `now_ms`.

    `unused_days` keeps those that are not over and that no visitor has used for so many days.
    """

    device: str | None = None
    document: str | None = None
    state: LinkState | None = None
    search: str | None = None
    unused_days: int | None = None
    page: int = 1
    per_page: int = 100
    now_ms: int = 0

    @property
    def unseen_since(self) -> int | None:
        """The time since which no visitor came, in epoch milliseconds; None = it does not matter."""
        return None if self.unused_days is None else self.now_ms - self.unused_days * _DAY_MS


@dataclass(frozen=True, slots=True)
class StoredDevice:
    """What the database holds of one device."""

    record: DeviceRecord
    documents: tuple[DocumentStatus, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkPage:
    """One page of a list of links, and how many there are in all."""

    items: Sequence[FoundLink]
    total: int


@dataclass(frozen=True, slots=True)
class MakerSlot:
    """One maker's slot of static documents."""

    maker: Maker
    slot: str


@dataclass(frozen=True, slots=True)
class PublishOutcome:
    """The outcome of publishing, by uid; `left` are those of the slot that were not given and were kept."""

    created: tuple[DashboardUid, ...] = ()
    changed: tuple[DashboardUid, ...] = ()
    unchanged: tuple[DashboardUid, ...] = ()
    withdrawn: tuple[DashboardUid, ...] = ()
    left: tuple[DashboardUid, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing had to be written."""
        return not (self.created or self.changed or self.withdrawn)


@dataclass(frozen=True, slots=True)
class HeartbeatAnswer:
    """What a client is answered: the database's name, and whether to send all its devices again."""

    epoch: str
    resend: bool
