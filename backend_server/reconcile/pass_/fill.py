"""From rows to documents: each is filled on its own, so that a bad one never stops another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

import orjson

from backend_server.devices.device import Device
from backend_server.documents import Document
from backend_server.documents.refresh import own_refresh
from backend_server.documents.static_document import StaticDocument
from backend_server.errors import InputError
from backend_server.links.publication import SHARED_STATES
from backend_server.primitives.canonical_json import canonical_bytes, content_hash
from backend_server.primitives.ids import Maker
from backend_server.templates import FleetSummary, Template, TemplateSet

from ..model import DocumentRow
from .plan import WantedDocument

FROM_TEMPLATES = frozenset({Maker.DEVICE.value, Maker.FLEET.value})
MADE_HERE = frozenset(maker.value for maker in Maker)


@dataclass(frozen=True, slots=True)
class Filled:
    """A row's document as it should be, with the body only where it had to be filled.

    With a `problem` the document could not be made; `wanted` is then the last good version, if there is one. `refresh`
    is the document's own, known where the body is.
    """

    wanted: WantedDocument | None
    document: Document | None = None
    template: str | None = None
    input_hash: str | None = None
    problem: str | None = None
    refresh: str | None = None


class Filler:
    """Fills documents from one set of templates and one summary of the fleet, and takes others as they are provided.

    `provided` holds what is provided for the rows to fill; `body_of` gives the bytes of one (uid, content), None when
    it has changed meanwhile.
    """

    def __init__(
        self,
        templates: TemplateSet,
        fleet: FleetSummary,
        provided: Mapping[str, StaticDocument] | None = None,
        body_of: Callable[[str, str], bytes | None] = lambda _uid, _content: None,
    ) -> None:
        self._provided = provided or {}
        self._body_of = body_of
        self._templates = templates
        self._fleet_by_slot: Mapping[str, Template] = {template.slot: template for template in templates.fleet()}
        self._fleet = fleet

    def fill(self, row: DocumentRow) -> Filled:
        """Return the row's document; a row whose input is as it was, and whose file is there, is not filled again."""
        try:
            if row.maker == Maker.FLEET.value:
                return self._fill(row, self._fleet_by_slot.get(row.slot), self._fleet)
            if row.maker not in FROM_TEMPLATES:
                return self._take(row)
            if row.device is None:
                return last_good(row, "Its device is not in the record; register it again.")
            return self._fill(row, self._templates.for_device(row.device).get(row.slot), row.device)
        except InputError as fault:
            return last_good(row, fault.message)
        except Exception as fault:  # noqa: BLE001  a fault of ours in one document must not stop all the others
            return last_good(
                row, f"It could not be made, by a fault of this service ({type(fault).__name__}: {fault})."
            )

    def _fill(self, row: DocumentRow, template: Template | None, subject: Device | FleetSummary) -> Filled:
        if template is None:
            return last_good(row, f"No template fills the slot {row.slot!r} for it; add one, or retire it.")
        given = input_of(template, subject)
        if given == row.input_hash and row.written_hash is not None:
            return Filled(_as_written(row, row.written_hash), template=template.name, input_hash=given)
        document = template.fill(subject) if isinstance(subject, Device) else template.fill_fleet(subject)
        if document.uid != row.uid:
            return last_good(row, f"Its template made a document of another uid ({document.uid}).")
        wanted = WantedDocument(row.uid, document.title, row.file, document.content, is_shared(row))
        return Filled(wanted, document, template.name, given, refresh=template.refresh)

    def _take(self, row: DocumentRow) -> Filled:
        given = self._provided.get(row.uid)
        if given is None:
            return last_good(row, "Nobody publishes it any more; publish it again, or withdraw it.")
        if given.content == row.input_hash and row.written_hash is not None:
            return Filled(_as_written(row, row.written_hash), input_hash=given.content)
        body = self._body_of(row.uid, given.content)
        if body is None:
            return last_good(row, "It has changed while it was being read.")
        document = Document(given.uid, given.title, body, given.content, Maker(row.maker), row.slot, row.object_id)
        wanted = WantedDocument(row.uid, given.title, row.file, given.content, is_shared(row))
        return Filled(wanted, document, None, given.content, refresh=own_refresh(orjson.loads(body)))


def last_good(row: DocumentRow, problem: str) -> Filled:
    """Keep what is on the disk in service, and say why there is nothing newer."""
    return Filled(_as_written(row, row.written_hash) if row.written_hash else None, problem=problem)


def is_shared(row: DocumentRow) -> bool:
    """Whether some link to it may be used, so that it has to be public in Grafana."""
    return row.public_state in SHARED_STATES


def _as_written(row: DocumentRow, content: str) -> WantedDocument:
    return WantedDocument(row.uid, row.title, row.file, content, is_shared(row))


def input_of(template: Template, subject: Device | FleetSummary) -> str:
    """Name what a document is filled from: the template and all of the subject that can show in it."""
    fields: dict[str, object] = {}
    if isinstance(subject, Device):
        fields = asdict(subject)
        del fields["retired_at"], fields["share"]
    elif template.reads:
        fields = asdict(subject)
    return content_hash(canonical_bytes([template.hash, fields]))
