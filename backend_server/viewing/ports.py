"""What viewing needs from outside, named by itself; effects fit these and `wiring/services.py` joins them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from backend_server.links import FoundLink

from .model import Hits


class Links(Protocol):
    """The links as they are at this moment, also when another process changed them."""

    def find(self, token: str) -> FoundLink | None:
        """Find a link by its token, also by one it had before a rotation."""
        ...

    def find_slug(self, slug: str) -> FoundLink | None:
        """Find a link by its readable alias."""
        ...


class Documents(Protocol):
    """The dashboard documents."""

    def body(self, uid: str) -> bytes | None:
        """Return a document's bytes: its file as it lies there, else filled from its template now; None for none."""
        ...


class Publications(Protocol):
    """Our records of what is public in Grafana."""

    def access_token(self, document_uid: str) -> str | None:
        """Return Grafana's own token for a document; it must never reach a browser."""
        ...


class RawReply(Protocol):
    """What Grafana answered, as it came; header names in lower case."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> bytes: ...


class GrafanaForVisitors(Protocol):
    """Grafana's public routes, asked without any identity. Raises UpstreamError when there is no answer."""

    def visitor_page(self, token: str, query_string: str = "", accept_language: str = "") -> RawReply: ...
    def visitor_dashboard(self, token: str) -> RawReply: ...
    def visitor_annotations(self, token: str, from_ms: int | None = None, to_ms: int | None = None) -> RawReply: ...
    def visitor_query(self, token: str, panel_id: int, body: bytes) -> RawReply: ...
    def visitor_asset(self, path: str) -> RawReply: ...


class ViewStore(Protocol):
    """Where counts end up."""

    def add_views(self, hits: Mapping[str, Hits]) -> None:
        """Add to the counts of each link id, in one write."""
        ...
