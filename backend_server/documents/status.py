"""How far a document has come, as it stands in the database."""

from __future__ import annotations

from dataclasses import dataclass

from backend_server.primitives.ids import DashboardUid


@dataclass(frozen=True, slots=True)
class DocumentStatus:
    """A document's row without its hashes. `wanted` is present or absent; `dirty` says that work is left to do."""

    uid: DashboardUid
    maker: str
    slot: str
    object_id: str
    title: str
    wanted: str
    state: str
    reason: str | None
    dirty: bool
    proven: bool  # some version of it was once proven loaded
    refresh: str | None = None  # its own: a duration or "off"; None = not known yet
    published: bool = True  # with Grafana: its public dashboard is there, as far as we know

    @property
    def shown_state(self) -> str:
        """The state as a caller may read it: never more than was proven of the newest version."""
        return "pending" if self.dirty and self.state in ("live", "loaded") else self.state

    @property
    def serving_state(self) -> str:
        """The state as a visitor meets it: the last proven version is served while a newer one is on its way.

        With Grafana nothing is served before the public dashboard is there.
        """
        if self.wanted == "present" and (self.proven or self.state == "live"):
            return "live" if self.published else "pending"
        return self.state


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document to be made: its row before any work was done."""

    uid: DashboardUid
    maker: str
    slot: str
    object_id: str
    title: str
    file: str
    template: str | None
    refresh: str | None = None

    def status(self) -> DocumentStatus:
        """Return the status it begins with."""
        return DocumentStatus(
            self.uid,
            self.maker,
            self.slot,
            self.object_id,
            self.title,
            "present",
            "pending",
            None,
            True,
            False,
            self.refresh,
        )
