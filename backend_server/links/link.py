"""The link as every other room sees it, how its page is shown, and what state it is in at a given time.

Times are epoch milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from backend_server.documents.refresh import OwnTimes
from backend_server.documents.status import PROVEN_STATES, DocumentState
from backend_server.primitives.ids import DashboardUid, LinkToken, Maker, Slug

from .fields import LinkFields


class Theme(StrEnum):
    """Colours of the page; `auto` follows the visitor's system."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class LinkProfile:
    """How a link's page is shown.

    `refresh` is a duration from 1s to 1d or "off"; `time_from` and `time_to` are Grafana's relative times or epoch
    milliseconds as text; each of them is empty where the dashboard's own counts (`for_dashboard`). `picker` lets a
    visitor choose the time, `chrome` shows the title bar, `transparent` drops the page's background.
    """

    theme: Theme = Theme.AUTO
    refresh: str = ""
    time_from: str = ""
    time_to: str = ""
    picker: bool = False
    chrome: bool = False
    transparent: bool = False

    def as_json(self) -> dict[str, object]:
        """Return the profile as it stands in answers and in the database; empty texts are the dashboard's own."""
        return {
            "theme": self.theme.value,
            "refresh": self.refresh,
            "from": self.time_from,
            "to": self.time_to,
            "picker": self.picker,
            "chrome": self.chrome,
            "transparent": self.transparent,
        }

    def for_dashboard(self, own: OwnTimes) -> LinkProfile:
        """Fill in what the dashboard decides itself: its refresh, and its range unless the link names a part of one."""
        times = OwnTimes() if self.time_from or self.time_to else own
        return replace(
            self,
            refresh=self.refresh or own.refresh,
            time_from=self.time_from or times.time_from,
            time_to=self.time_to or times.time_to,
        )


# What `share` may name besides true and false.
NAMED_PROFILES: Mapping[str, LinkProfile] = MappingProxyType(
    {
        "light": LinkProfile(theme=Theme.LIGHT),
        "dark": LinkProfile(theme=Theme.DARK),
        "wall": LinkProfile(theme=Theme.DARK, chrome=True),
        "explore": LinkProfile(picker=True, chrome=True),
        "report": LinkProfile(
            theme=Theme.LIGHT, refresh="off", time_from="now-24h", time_to="now", picker=True, chrome=True
        ),
    }
)


def profile_of_share(share: str) -> LinkProfile | None:
    """Return the profile that a device's `share` asks for; None = not shared. An unknown name counts as `true`."""
    if share == "false":
        return None
    return NAMED_PROFILES.get(share, LinkProfile())


class LinkState(StrEnum):
    """The states of a link's life cycle, as answers name them."""

    PENDING = "pending"
    LIVE = "live"
    PAUSED = "paused"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    REVOKED = "revoked"
    ROTATED = "rotated"

    @property
    def is_over(self) -> bool:
        """Whether a visitor gets 410: the link is over for good."""
        return self in (LinkState.EXPIRED, LinkState.REVOKED, LinkState.ROTATED)


@dataclass(frozen=True, slots=True)
class Link(LinkFields):
    """What is handed out; it points at (maker, slot, object_id), whose document is `document_uid`."""

    id: str
    token: LinkToken
    slug: Slug
    maker: str
    slot: str
    object_id: str
    document_uid: DashboardUid
    is_default: bool = False
    profile: LinkProfile = field(default_factory=LinkProfile)
    paused_at: int | None = None
    revoked_at: int | None = None
    suspended_at: int | None = None
    password_hash: str | None = field(default=None, repr=False)
    created_by: str = ""
    created_at: int = 0
    updated_at: int = 0
    first_seen_at: int | None = None
    last_seen_at: int | None = None
    views: int = 0

    @property
    def points_at(self) -> dict[str, str]:
        """Return the link's target as answers name it: the device, or the document where it is no device's."""
        is_devices = self.maker == Maker.DEVICE.value
        return {"device": self.object_id} if is_devices else {"document": self.document_uid}


@dataclass(frozen=True, slots=True)
class FoundLink:
    """A link with what else its state depends on.

    `document_state` is None when the document is not there (yet). `rotated_out_at` is set when it was found by a token
    it had before a rotation: from that moment on the token is over. `own_refresh` is the document's, where known.
    """

    link: Link
    document_state: DocumentState | None
    title: str
    links_on: bool = True
    rotated_out_at: int | None = None
    own_refresh: str | None = None

    def state(self, now_ms: int) -> LinkState:
        """Return the state that a visitor who comes now is met with."""
        if self.rotated_out_at is not None and now_ms >= self.rotated_out_at:
            return LinkState.ROTATED
        return link_state(self.link, now_ms, self.document_state, links_on=self.links_on)

    def until(self, now_ms: int) -> int | None:
        """Return the time at which the state changes by itself; None when only a person changes it."""
        state = self.state(now_ms)
        if state.is_over:
            return None
        ends = [end for end in (self.link.expires_at, self.rotated_out_at) if end is not None]
        if state is LinkState.NOT_YET and self.link.not_before is not None:
            ends.append(self.link.not_before)
        return min(ends, default=None)


def link_state(link: Link, now_ms: int, document_state: DocumentState | None, *, links_on: bool = True) -> LinkState:
    """Return a link's state; what is over for good outranks what may come back.

    `document_state` is `live` (or `loaded`) when a proven version can be shown, also while a newer one is on its way.
    """
    if link.revoked_at is not None or link.suspended_at is not None:
        return LinkState.REVOKED
    if link.expires_at is not None and now_ms >= link.expires_at:
        return LinkState.EXPIRED
    if link.not_before is not None and now_ms < link.not_before:
        return LinkState.NOT_YET
    if link.paused_at is not None or not links_on:
        return LinkState.PAUSED
    return LinkState.LIVE if document_state in PROVEN_STATES else LinkState.PENDING
