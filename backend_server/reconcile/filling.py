"""Documents as they should be, from the templates in use, the present fleet, and static documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from backend_server.documents.status import LOOK_AGAIN, Wanted
from backend_server.primitives.ids import Maker
from backend_server.templates import FleetSummary, TemplateSet

from .model import DocumentRow, RowUpdate
from .pass_.duplicate_titles import without_duplicates
from .pass_.fill import FROM_TEMPLATES, Filled, Filler, input_of
from .ports import ReconcileRecords


class Filling:
    """Fills rows; remembers the fleet until a device changes.

    `templates` returns those in use, and is asked after the rows were read: rows that another process marked because of
    new templates must never be filled from the ones before.
    """

    def __init__(self, records: ReconcileRecords, templates: Callable[[], TemplateSet]) -> None:
        self._records = records
        self._templates = templates
        self._fleet = FleetSummary.of(())
        self._fleet_seen: tuple[int, int] | None = None

    def fill(self, rows: Sequence[DocumentRow]) -> dict[str, Filled]:
        """Fill the wanted ones of these rows, by uid."""
        wanted = [row for row in rows if row.wanted is Wanted.PRESENT]
        if any(row.maker == Maker.FLEET.value for row in wanted):
            self._summarise()
        others = [row.uid for row in wanted if row.maker not in FROM_TEMPLATES]
        static = self._records.static_documents.find(others) if others else {}
        filler = Filler(self._templates(), self._fleet, static, self._records.static_documents.body_of)
        filled = {row.uid: filler.fill(row) for row in wanted}
        return without_duplicates(self._records.titles, {row.uid: row for row in rows}, filled)

    def refresh_fleet(self) -> bool:
        """Count the devices again if any changed; True when fleet documents must be looked at again because of that."""
        if not self._summarise():
            return False
        rows = self._records.documents.of_maker(Maker.FLEET)
        inputs = {template.slot: input_of(template, self._fleet) for template in self._templates().fleet()}
        stale = [
            row
            for row in rows
            if row.wanted is Wanted.PRESENT and not row.dirty
            if row.slot in inputs and row.input_hash != inputs[row.slot]
        ]
        self._records.documents.update([RowUpdate(row.uid, row.change, {}, LOOK_AGAIN) for row in stale])
        return bool(stale)

    def outdated(self) -> tuple[DocumentRow, ...]:
        """Return the documents that their templates and devices would now make otherwise, and that no pass owes."""
        rows = [
            row
            for row in self._records.documents.everything()
            if row.wanted is Wanted.PRESENT and not row.dirty and row.written_hash is not None
            if row.maker in FROM_TEMPLATES
        ]
        self._summarise()
        templates = self._templates()
        of_fleet = {template.slot: input_of(template, self._fleet) for template in templates.fleet()}

        def given(row: DocumentRow) -> str | None:
            if row.device is None:
                return of_fleet.get(row.slot)
            template = templates.for_device(row.device).get(row.slot)
            return None if template is None else input_of(template, row.device)

        # Few have another input, and of those some have the same document, or none can be made.
        others = [row for row in rows if given(row) not in (None, row.input_hash)]
        filled = self.fill(others)
        return tuple(row for row in others if _differs(filled[row.uid], row))

    def mark_outdated(self) -> frozenset[str]:
        """Mark them for the next pass; when there are none, nothing is written."""
        found = self.outdated()
        self._records.documents.update([RowUpdate(row.uid, row.change, {}, LOOK_AGAIN) for row in found])
        return frozenset(row.uid for row in found)

    def _summarise(self) -> bool:
        seen = self._records.devices.fingerprint()
        if seen == self._fleet_seen:
            return False
        self._fleet = FleetSummary.of(self._records.devices.everything())
        self._fleet_seen = seen
        return True


def _differs(filled: Filled, row: DocumentRow) -> bool:
    return filled.problem is None and filled.wanted is not None and filled.wanted.content != row.written_hash
