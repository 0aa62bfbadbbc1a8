"""Documents as visitors need them: found or filled, and read once per content."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

import orjson

from backend_server.devices.device import Device
from backend_server.documents import strip_queries
from backend_server.documents.refresh import own_times
from backend_server.errors import InputError, NotFound
from backend_server.primitives.ids import Maker
from backend_server.templates import TemplateSet

from ..model import FiledDocument, StoredDocument
from ..ports import DocumentRecords, Documents, Files

_MOST_KEPT = 256


class FiledDocuments:
    """Documents as they lie on the disk; where the file is not there, filled again or as provided.

    Fits `viewing.ports.Documents`.
    """

    def __init__(
        self,
        records: DocumentRecords,
        files: Files,
        templates: Callable[[], TemplateSet],
        device: Callable[[str], Device],
    ) -> None:
        self._records = records
        self._files = files
        self._templates = templates
        self._device = device
        self._filed: dict[str, FiledDocument] = {}  # by uid

    def body(self, uid: str) -> bytes | None:
        """Return a document's bytes; None when there is none, InputError when it can no longer be filled."""
        filed = self._filed.get(uid) or self._records.filed(uid)
        if filed is None:
            return None
        self._filed[uid] = filed
        found = self._files.content(filed.file)
        if found is not None or filed.maker == Maker.FLEET.value:
            return found
        if filed.maker != Maker.DEVICE.value:
            return self._records.provided_body(uid)
        device = self._device(filed.object_id)
        template = self._templates().for_device(device).get(filed.slot)
        if template is None:
            raise NotFound(f"No template fills the slot {filed.slot!r} any more.")
        return template.fill(device).body


class StoredDocuments:
    """A memory over the documents port: as long as the bytes are the same nothing is parsed again."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._lock = threading.Lock()
        self._read: OrderedDict[str, StoredDocument] = OrderedDict()

    def find(self, uid: str) -> StoredDocument | None:
        """Return the document as it is now; None when there is none or its bytes are not a dashboard."""
        try:
            body = self._documents.body(uid)
        except InputError:
            return None  # its template or device is gone meanwhile
        if body is None:
            return None
        with self._lock:
            known = self._read.get(uid)
            if known is not None and known.body == body:
                self._read.move_to_end(uid)
                return known
        document = _read(body)
        if document is not None:
            with self._lock:
                self._read[uid] = document
                self._read.move_to_end(uid)
                while len(self._read) > _MOST_KEPT:
                    self._read.popitem(last=False)
        return document


def _read(body: bytes) -> StoredDocument | None:
    try:
        dashboard = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(dashboard, dict):
        return None
    return StoredDocument(body, dashboard, own_times(dashboard), orjson.dumps(strip_queries(dashboard)))
