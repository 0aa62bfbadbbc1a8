"""What health needs from outside; every call may take a while and may raise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from backend_server.documents.status import DocumentState

from .model import GrafanaHealth, Heartbeat, LeaseState


class State(Protocol):
    """What the store knows of itself and of the worker's work."""

    def is_lost(self) -> bool:
        """Whether the database's file is not the one that was opened."""
        ...

    def is_reached(self) -> bool:
        """Whether the database answers."""
        ...

    def documents_by_state(self) -> Mapping[DocumentState, int]:
        """Count the documents that are wanted."""
        ...

    def lease(self) -> LeaseState | None:
        """Return the worker's lease; None when it was never acquired."""
        ...

    def heartbeat(self) -> Heartbeat | None: ...

    def removals_held(self) -> bool:
        """Whether removals wait for a person's word."""
        ...

    def templates_folder_failed(self) -> bool:
        """Whether the worker could not read the folder of templates when it last looked."""
        ...

    def now_ms(self) -> int: ...


class Grafana(Protocol):
    """The Grafana we speak to."""

    def health(self) -> GrafanaHealth: ...

    def version(self) -> str | None:
        """Return the version as it tells it to those who are signed in."""
        ...


class Prometheus(Protocol):
    """The default Prometheus."""

    def ready(self) -> bool: ...


class Poller(Protocol):
    """The poller beside us."""

    def healthy(self) -> bool:
        """Whether it answers well; raises UpstreamError when it does not answer."""
        ...

    def readings(self) -> bytes:
        """Return its metrics page; raises UpstreamError."""
        ...
