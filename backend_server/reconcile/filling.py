"""Documents as they should be, from the templates in use, the present fleet, and static documents."""

from __future__ import annotations

from collections.abc import Sequence

from backend_server.documents.status import LOOK_AGAIN, Wanted
from backend_server.primitives.ids import Maker
from backend_server.templates import FleetSummary, TemplateSet

from .model import DocumentRow, RowUpdate
from .pass_.duplicate_titles import without_duplicates
from .pass_.fill import FROM_TEMPLATES, Filled, Filler, input_of
from .ports import ReconcileRecords


class Filling:
    """Fills rows; remembers the templates in use, and the fleet until a device changes."""

    def __init__(self, records: ReconcileRecords, templates: TemplateSet | None = None) -> None:
        self._records = records
        self._templates = templates or TemplateSet.of(())
        self._fleet = FleetSummary.of(())
        self._fleet_seen: tuple[int, int] | None = None

    def use(self, templates: TemplateSet) -> None:
        """Fill from these templates from now on."""
        self._templates = templates

    def fill(self, rows: Sequence[DocumentRow]) -> dict[str, Filled]:
        """Fill the wanted ones of these rows, by uid."""
        wanted = [row for row in rows if row.wanted is Wanted.PRESENT]
        if any(row.maker == Maker.FLEET.value for row in wanted):
            self._summarise()
        others = [row.uid for row in wanted if row.maker not in FROM_TEMPLATES]
        static = self._records.static_documents.find(others) if others else {}
        filler = Filler(self._templates, self._fleet, static, self._records.static_documents.body_of)
        filled = {row.uid: filler.fill(row) for row in wanted}
        return without_duplicates(self._records.titles, {row.uid: row for row in rows}, filled)

    def refresh_fleet(self) -> bool:
        """Count the devices again if any changed; True when fleet documents must be looked at again because of that."""
        if not self._summarise():
            return False
        inputs = {template.slot: input_of(template, self._fleet) for template in self._templates.fleet()}
        stale = [
            row
            for row in self._records.documents.of_maker(Maker.FLEET)
            if row.wanted is Wanted.PRESENT and not row.dirty
            if row.slot in inputs and row.input_hash != inputs[row.slot]
        ]
        self._records.documents.update([RowUpdate(row.uid, row.change, {}, LOOK_AGAIN) for row in stale])
        return bool(stale)

    def _summarise(self) -> bool:
        seen = self._records.devices.fingerprint()
        if seen == self._fleet_seen:
            return False
        self._fleet = FleetSummary.of(self._records.devices.everything())
        self._fleet_seen = seen
        return True
