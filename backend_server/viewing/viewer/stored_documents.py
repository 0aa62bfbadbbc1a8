"""Documents as visitors need them, read once per content: parsed for queries, stripped and written out for pages."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from backend_server.documents import strip_queries
from backend_server.errors import InputError

from ..ports import Documents

_KEPT = 256


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document's bytes, the parsed whole (with queries), and the JSON a visitor may have."""

    body: bytes
    dashboard: Mapping[str, Any]
    shown: bytes

    @property
    def title(self) -> str:
        """The dashboard's title."""
        return str(self.dashboard.get("title") or "")


class StoredDocuments:
    """A memory over the documents port: as long as the bytes are the same nothing is parsed again."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, StoredDocument] = OrderedDict()

    def find(self, uid: str) -> StoredDocument | None:
        """Return the document as it is now; None when there is none or its bytes are not a dashboard."""
        try:
            body = self._documents.body(uid)
        except InputError:
            return None  # its template or device is gone meanwhile
        if body is None:
            return None
        with self._lock:
            kept = self._kept.get(uid)
            if kept is not None and kept.body == body:
                self._kept.move_to_end(uid)
                return kept
        try:
            dashboard = orjson.loads(body)
        except orjson.JSONDecodeError:
            return None
        if not isinstance(dashboard, dict):
            return None
        made = StoredDocument(body, dashboard, orjson.dumps(strip_queries(dashboard)))
        with self._lock:
            self._kept[uid] = made
            self._kept.move_to_end(uid)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return made
