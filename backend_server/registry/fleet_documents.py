"""The documents of the whole fleet, which come and go with their templates."""

from __future__ import annotations

from dataclasses import replace

from backend_server.documents.status import DocumentStatus, NewDocument
from backend_server.primitives.ids import FLEET_FOLDER, Maker, dashboard_uid, shared_file
from backend_server.templates import Template, TemplateSet

from .ports import Records
from .wanted_documents import DocumentSet, Occasion, WantedDocument, plan_wanted, write_changes


class FleetDocuments:
    """Ensures the documents that fleet templates make."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def ensure(self, templates: TemplateSet) -> None:
        """Ensure that exactly these templates' documents are wanted; repeatable, and writes nothing then."""
        with self._records.writing() as tx:
            existing = {document.uid: document for document in tx.documents.of_maker(Maker.FLEET)}
            wanted = {new.uid: new for new in map(_new_document, templates.fleet())}
            staying = {uid for uid in wanted if uid in existing and existing[uid].is_wanted}
            coming = [_titled(new, existing.get(uid)) for uid, new in wanted.items() if uid not in staying]
            moving = [
                document
                for uid, document in existing.items()
                if uid not in staying and (document.is_wanted or uid in wanted)
            ]
            if not coming and not moving:
                tx.discard()
                return
            links = tx.links.of_documents([document.uid for document in moving])
            planned = plan_wanted(
                DocumentSet(moving, links), [WantedDocument(new) for new in coming], Occasion(tx.now_ms, "dashwright")
            )
            write_changes(tx, [planned])


def _new_document(template: Template) -> NewDocument:
    uid = dashboard_uid(Maker.FLEET, template.slot, "")
    file = shared_file(FLEET_FOLDER, uid)
    return NewDocument(uid, Maker.FLEET.value, template.slot, "", template.name, file, template.name, template.refresh)


def _titled(new: NewDocument, existing: DocumentStatus | None) -> NewDocument:
    """Return the document under its earlier title: the new one is known only once the template is filled."""
    return new if existing is None else replace(new, title=existing.title)
