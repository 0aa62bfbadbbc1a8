"""The one port behind which both ways to show a dashboard stand: our own viewer, and Grafana relayed."""

from __future__ import annotations

from typing import Protocol

from backend_server.links import Link, LinkProfile

from .answers import Answer
from .pages import Page
from .visits import Visit


class Source(Protocol):
    """Shows a link's document. Called only for links that may be seen now; `profile` is the one to show."""

    needs_proof: bool
    """Whether a document can be shown only once it is proven to be loaded (in Grafana)."""

    def page(self, link: Link, profile: LinkProfile, visit: Visit) -> Page: ...
    def dashboard(self, link: Link, profile: LinkProfile) -> Answer: ...
    def annotations(self, link: Link, from_text: str, to_text: str) -> Answer: ...
    def panel_query(self, link: Link, panel_id: str, content_type: str, body: bytes) -> Answer: ...
    def panel_data(self, link: Link, panel_id: str, body: bytes) -> Answer: ...
    def asset(self, path: str, *, gzip: bool = False) -> Answer: ...
    def close(self) -> None: ...
