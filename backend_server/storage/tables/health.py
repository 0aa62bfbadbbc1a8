"""What the store knows of the worker's work and of itself; fits `monitoring.ports.State`."""

from __future__ import annotations

from dataclasses import dataclass

import orjson
from sqlalchemy import func, select

from backend_server.documents.status import DocumentState, Wanted
from backend_server.errors import DashwrightError
from backend_server.monitoring.model import Heartbeat, LeaseState

from ..engine.store import Store, database_clock_ms
from ..key_values import KeyValues
from ..leases import lease_state
from ..schema import documents, links


@dataclass(frozen=True, slots=True)
class Names:
    """The name of the worker's lease, and the names of the key values it writes."""

    lease: str
    heartbeat: str
    removals_held: str
    templates_fault: str


class StoredState:
    """Reads; changes nothing. Every call but `is_reached` and `is_lost` raises UpstreamError."""

    def __init__(self, store: Store, names: Names) -> None:
        self._store = store
        self._values = KeyValues(store)
        self._names = names

    def is_reached(self) -> bool:
        """Whether the database answers."""
        try:
            self._store.change_number()
        except DashwrightError:
            return False
        return True

    def is_lost(self) -> bool:
        """Whether the database's file was removed, emptied or replaced since it was opened."""
        return self._store.file is not None and not self._store.file.is_there()

    def documents_by_state(self) -> dict[DocumentState, int]:
        """Count the documents that are wanted."""
        query = (
            select(documents.c.state, func.count())
            .where(documents.c.wanted == Wanted.PRESENT)
            .group_by(documents.c.state)
        )
        with self._store.read() as connection:
            return {DocumentState(state): int(count) for state, count in connection.execute(query)}

    def links_without_expiry(self) -> int:
        """Count the links that are not over and never end by themselves."""
        standing = (links.c.revoked_at.is_(None), links.c.expires_at.is_(None), links.c.suspended_at.is_(None))
        with self._store.read() as connection:
            return int(connection.execute(select(func.count()).select_from(links).where(*standing)).scalar_one())

    def lease(self) -> LeaseState | None:
        """Return the worker's lease; None when it was never acquired."""
        with self._store.read() as connection:
            return lease_state(connection, self._store.dialect, self._names.lease)

    def heartbeat(self) -> Heartbeat | None:
        """Return what the worker last said of itself."""
        told = self._values.get(self._names.heartbeat)
        if not told:
            return None
        beat = orjson.loads(told)
        return Heartbeat(beat.get("fencing"), bool(beat.get("passed")), beat["at"], beat.get("last_pass_at"))

    def removals_held(self) -> bool:
        """Whether removals wait for a person's word."""
        return bool(self._values.get(self._names.removals_held))

    def templates_folder_failed(self) -> bool:
        """Whether the worker could not read the folder of templates when it last looked."""
        return bool(self._values.get(self._names.templates_fault))

    def now_ms(self) -> int:
        """Return the present time by the database's clock, in epoch milliseconds."""
        return database_clock_ms(self._store)
