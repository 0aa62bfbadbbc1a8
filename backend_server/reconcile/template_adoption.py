"""Templates into use: loaded from their folder, stored, and every document that they fill looked at again."""

from __future__ import annotations

from collections.abc import Callable

from backend_server.catalog import LoadedTemplates, TemplateCatalog
from backend_server.reconcile.ports import TemplateWatch
from backend_server.registry import FleetDocuments
from backend_server.templates import TemplateSet

from .pass_.fill import FROM_TEMPLATES
from .ports import Checkpoint, Devices, ReconcileRecords, no_checkpoint

ADOPTED = "templates_adopted"
TEMPLATES_FAULT = "templates_fault"  # stored while the folder as a whole cannot be used; health tells of it


class TemplateAdoption:
    """Adopts sets of templates that are in the catalog, from which every process fills."""

    def __init__(
        self,
        records: ReconcileRecords,
        fleet_documents: FleetDocuments,
        *,
        checkpoint: Checkpoint = no_checkpoint,
    ) -> None:
        self._fleet_documents = fleet_documents
        self._records = records
        self._checkpoint = checkpoint

    def adopt(self, templates: TemplateSet, match_slots: Callable[[], object]) -> bool:
        """Fill every document from these templates; returns whether they must be looked at because of them.

        `match_slots` adds the documents that templates now ask for to devices. That they are adopted is stored last: a
        stop before it, also in the middle of matching, lets the next process do all of it again.
        """
        if self._records.values.get(ADOPTED) == templates.hash:
            return False
        self._checkpoint("before adopting")
        self._fleet_documents.ensure(templates)
        self._records.documents.mark_dirty(FROM_TEMPLATES)
        match_slots()
        self._checkpoint("before storing adopted")
        self._records.values.set(ADOPTED, templates.hash)
        self._checkpoint("after storing adopted")
        return True


class TemplateLoading:
    """Loads the templates and takes them into use, each set once."""

    def __init__(
        self, records: ReconcileRecords, catalog: TemplateCatalog, devices: Devices, adoption: TemplateAdoption
    ) -> None:
        self._records = records
        self._catalog = catalog
        self._devices = devices
        self._adoption = adoption
        self._adopted: str | None = None

    def load(self) -> LoadedTemplates:
        """Load the templates and take them into use; devices get the documents they now ask for."""
        loaded = self._catalog.load(self._records.templates)
        if loaded.templates.hash != self._adopted:
            self._adoption.adopt(loaded.templates, self._match_slots)
            self._adopted = loaded.templates.hash
        fault = loaded.problems.get("")
        if fault != self._records.values.get(TEMPLATES_FAULT):
            self._records.values.set(TEMPLATES_FAULT, fault)
        return loaded

    def forget(self) -> None:
        """Forget what was adopted: another may have led, and adopted others, meanwhile."""
        self._adopted = None

    def _match_slots(self) -> None:
        self._devices.match_slots([str(device.id) for device in self._records.devices.everything()])


class TemplateFollower:
    """Loads the templates again when their folder changed."""

    def __init__(self, watch: TemplateWatch, loading: TemplateLoading) -> None:
        self.start = watch.start
        self.stop = watch.stop
        self.changed = watch.changed
        self.load = loading.load
        self.forget = loading.forget
