"""What viewing needs from outside, named by itself; effects fit these and `wiring` joins them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from backend_server.links import FoundLink

from .model import FiledDocument, Hits, RawReply


class Links(Protocol):
    """The links as they are at this moment, also when another process changed them."""

    def find(self, token: str) -> FoundLink | None:
        """Find a link by its token, also by one it had before a rotation; None for a text that is no token."""
        ...


class Documents(Protocol):
    """The dashboard documents."""

    def body(self, uid: str) -> bytes | None:
        """Return a document's bytes: its file as it lies there, else filled from its template now; None for none."""
        ...


class DocumentRecords(Protocol):
    """What is recorded of the documents."""

    def filed(self, uid: str) -> FiledDocument | None:
        """Find whose document it is and in which file it lies; None for an unknown uid."""
        ...

    def provided_body(self, uid: str) -> bytes | None:
        """Return the bytes of a document that no device's template makes; None when there is none."""
        ...


class Files(Protocol):
    """The folder the documents' files lie in."""

    def content(self, file: str) -> bytes | None:
        """Return a file's bytes; None when it is not there."""
        ...


class Publications(Protocol):
    """Our records of what is public in Grafana."""

    def tokens(self) -> Mapping[str, str | None]:
        """Return Grafana's own tokens by document uid as they are now; they must never reach a browser.

        Every uid may be asked for (`[uid]`); None for a document that is not public.
        """
        ...


class GrafanaForVisitors(Protocol):
    """Grafana's public routes, asked without any identity. Raises UpstreamError when there is no answer."""

    def visitor_page(self, token: str, query_string: str = "") -> RawReply: ...
    def visitor_dashboard(self, token: str) -> RawReply: ...
    def visitor_query(self, token: str, panel_id: int, body: bytes) -> RawReply: ...
    def visitor_asset(self, path: str) -> RawReply: ...


class ViewStore(Protocol):
    """Where counts end up."""

    def add_views(self, hits: Mapping[str, Hits]) -> None:
        """Add to the counts of each link id, in one write."""
        ...
