"""The values of viewing: what goes back to a visitor, what Grafana answered, what was counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from backend_server.documents.refresh import OwnTimes
from backend_server.links import Theme
from backend_server.primitives.words import StateWords, link_state_words

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer. The entrance adds the headers every public answer carries."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal as a small page and in Grafana's error shape. `reason` is counted, and names the words."""

    reason: str
    status: int
    message_id: str
    retry_seconds: int | None = None
    asks_password: bool = False

    @property
    def words(self) -> StateWords:
        """What people read of it."""
        return link_state_words()[self.reason]


@dataclass(frozen=True, slots=True)
class ViewerPage:
    """Our own viewer: `data` is the JSON its script starts from (see the page's `dashwright-data`)."""

    title: str
    theme: Theme
    language: str
    transparent: bool
    data: bytes
    frame_ancestors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RelayedPage:
    """Grafana's page, cleaned."""

    html: bytes
    frame_ancestors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoticePage:
    """A refusal as a small page, in the link's colours when there is a link."""

    refusal: Refusal
    theme: Theme = Theme.AUTO
    transparent: bool = False
    frame_ancestors: tuple[str, ...] = ()
    token: str = ""  # of a link that is there, whose state the page may ask for


@dataclass(frozen=True, slots=True)
class Unlocked:
    """The password was right: what the browser keeps as a proof, under which name, and for how long."""

    cookie: str
    proof: str
    keep_seconds: int


Page = ViewerPage | RelayedPage | NoticePage


@dataclass(frozen=True, slots=True)
class RawReply:
    """What Grafana answered, as it came; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class FiledDocument:
    """Whose document it is, and the file it lies in; fixed for ever."""

    maker: str
    slot: str
    object_id: str
    file: str


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document's bytes, the parsed whole (with queries), its own times, and the JSON a visitor may have."""

    body: bytes
    dashboard: Mapping[str, Any]
    times: OwnTimes
    shown: bytes

    @property
    def title(self) -> str:
        """The dashboard's title."""
        return str(self.dashboard.get("title") or "")


@dataclass(frozen=True, slots=True)
class Hits:
    """What happened on one link since counts were last written."""

    views: int = 0
    last_seen_ms: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)

    def viewed(self, now_ms: int) -> Hits:
        """Add a page given out."""
        return replace(self, views=self.views + 1, last_seen_ms=max(self.last_seen_ms, now_ms))

    def refused_for(self, reason: str, count: int = 1) -> Hits:
        """Add requests refused for a reason."""
        return replace(self, refused={**self.refused, reason: self.refused.get(reason, 0) + count})

    def plus(self, others: Hits) -> Hits:
        """Add what happened at another time."""
        views, last_seen_ms = self.views + others.views, max(self.last_seen_ms, others.last_seen_ms)
        total = replace(self, views=views, last_seen_ms=last_seen_ms)
        for reason, count in others.refused.items():
            total = total.refused_for(reason, count)
        return total
