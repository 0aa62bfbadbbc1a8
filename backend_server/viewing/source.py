"""The one face behind which both ways to show a document stand: our own viewer, and Grafana relayed.

All of it is called only for links that may be seen now; `profile` is the one to show.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from backend_server.links import Link, LinkProfile

from .model import Answer, Page
from .visits import Visit


class Pages(Protocol):
    """A link's page, and the dashboard's JSON as Grafana's public route gives it."""

    def page(self, link: Link, profile: LinkProfile, visit: Visit) -> Page: ...
    def dashboard(self, link: Link, profile: LinkProfile) -> Answer: ...


class Panels(Protocol):
    """A panel's data, in Grafana's shape."""

    def query(self, link: Link, panel_id: str, content_type: str, body: bytes) -> Answer: ...


class RawPanels(Protocol):
    """A panel's data as the datasources gave them, for our own pages."""

    def data(self, link: Link, panel_id: str, body: bytes) -> Answer: ...


class PageFiles(Protocol):
    """Static files of the page."""

    def get(self, path: str, *, gzip: bool) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Source:
    """One way to show documents. `needs_proof`: a document can be shown only once it is proven to be loaded.

    `missed` hears the uid of a document that a visitor asked for while it was on its way.
    """

    pages: Pages
    panels: Panels
    raw_panels: RawPanels
    files: PageFiles
    close: Callable[[], None]
    needs_proof: bool
    missed: Callable[[str], None] = lambda uid: None
