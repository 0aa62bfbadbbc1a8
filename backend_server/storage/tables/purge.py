"""Deleting devices that were retired long ago, with all that belongs to them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select, update

from backend_server.documents.status import DocumentState
from backend_server.primitives.chunks import chunks
from backend_server.primitives.ids import Maker

from ..engine.store import Transactions
from ..engine.topics import Topic
from ..schema import devices, documents, store
from . import audit
from .devices import delete_devices
from .documents import delete_documents_of
from .links import delete_links_of


class Purge:
    """The retired devices of one store."""

    def __init__(self, store: Transactions) -> None:
        self._store = store

    def due(self, before_ms: int) -> tuple[str, ...]:
        """Return the devices retired before a time whose documents are all proven gone."""
        there = select(documents.c.object_id).where(
            documents.c.object_id == devices.c.id,
            documents.c.maker == Maker.DEVICE.value,
            or_(documents.c.state != DocumentState.GONE, documents.c.dirty.is_(True)),
        )
        query = select(devices.c.id).where(devices.c.retired_at <= before_ms, ~there.exists()).order_by(devices.c.id)
        with self._store.read() as connection:
            return tuple(connection.execute(query).scalars())

    def run(self, device_ids: Sequence[str]) -> int:
        """Delete devices with their documents, publications and links; returns how many. Caches start empty."""
        if not device_ids:
            return 0
        with self._store.write(Topic.DEVICES, Topic.LINKS) as write:
            count = 0
            for part in chunks(device_ids):
                # Retired is asked again here: a device revived since the plan was made is no longer to be forgotten.
                query = select(devices.c.id).where(devices.c.id.in_(part), devices.c.retired_at.is_not(None))
                ids = list(write.connection.execute(query).scalars())
                delete_links_of(write.connection, ids)
                delete_documents_of(write.connection, ids)
                delete_devices(write.connection, ids)
                audit.add_events(write, actor="dashwright", action="purge", kind="device", object_ids=ids, details={})
                count += len(ids)
            if count:
                write.connection.execute(update(store).values(forget_change=write.change))
            else:
                write.discard()
            return count
