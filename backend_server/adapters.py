"""Small shapes that make one room's effect fit another room's port; `wiring/services.py` puts them in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import select

from backend_server.devices.device import Device
from backend_server.errors import NotFound
from backend_server.links.publication import SHARED_STATES
from backend_server.primitives.ids import Maker
from backend_server.provisioning.folder import DashboardFolder
from backend_server.registry.ports import WantedSlot
from backend_server.storage.engine.store import Store
from backend_server.storage.schema import documents, publications
from backend_server.storage.tables.provided import ProvidedBodies
from backend_server.templates import TemplateSet

CurrentTemplates = Callable[[], TemplateSet]


class TemplateSlots:
    """Says which documents a device gets; fits `registry.ports.SlotsOf`."""

    def __init__(self, templates: CurrentTemplates) -> None:
        self._templates = templates

    def slots(self, device: Device) -> Sequence[WantedSlot]:
        """Return each slot that some template fills for this device."""
        return [
            WantedSlot(slot, template.name, template.refresh, template.share)
            for slot, template in self._templates().for_device(device).items()
        ]


class FiledDocuments:
    """Documents as they lie on the disk; where the file is not there, filled anew or as provided.

    Fits `viewing.ports.Documents`.
    """

    def __init__(
        self,
        store: Store,
        folder: DashboardFolder,
        templates: CurrentTemplates,
        device: Callable[[str], Device],
    ) -> None:
        self._store = store
        self._folder = folder
        self._templates = templates
        self._device = device
        self._provided = ProvidedBodies(store)
        self._places: dict[str, tuple[str, str, str, str]] = {}  # uid → maker, slot, object, file; fixed for ever

    def body(self, uid: str) -> bytes | None:
        """Return a document's bytes; None when there is none, InputError when it can no longer be filled."""
        place = self._place(uid)
        if place is None:
            return None
        maker, slot, object_id, file = place
        found = self._folder.content(file)
        if found is not None or maker == Maker.FLEET.value:
            return found
        if maker != Maker.DEVICE.value:
            return self._provided.body(uid)
        device = self._device(object_id)
        template = self._templates().for_device(device).get(slot)
        if template is None:
            raise NotFound(f"No template fills the slot {slot!r} any more.")
        return template.fill(device).body

    def state(self, uid: str) -> str | None:
        """Return the document's recorded state."""
        with self._store.read() as connection:
            found = connection.execute(select(documents.c.state).where(documents.c.uid == uid)).scalar_one_or_none()
            return None if found is None else str(found)

    def _place(self, uid: str) -> tuple[str, str, str, str] | None:
        place = self._places.get(uid)
        if place is None:
            columns = (documents.c.maker, documents.c.slot, documents.c.object_id, documents.c.file)
            with self._store.read() as connection:
                row = connection.execute(select(*columns).where(documents.c.uid == uid)).one_or_none()
            if row is None:
                return None
            place = self._places[uid] = (row.maker, row.slot, row.object_id, row.file)
        return place


class StoredPublications:
    """Grafana's own tokens of our documents; fits `viewing.ports.Publications`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def access_token(self, document_uid: str) -> str | None:
        """Return Grafana's token of a document that is or is to be public; it must never reach a browser."""
        wanted = select(publications.c.access_token).where(
            publications.c.document_uid == document_uid, publications.c.state.in_(sorted(SHARED_STATES))
        )
        with self._store.read() as connection:
            found = connection.execute(wanted).scalar_one_or_none()
            return None if found is None else str(found)
