"""What a page request ends in, before it is put into HTML."""

from __future__ import annotations

from dataclasses import dataclass

from backend_server.links import Theme

from .admission import Refusal


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
