"""What reconcile reads and writes of one database, put together."""

from __future__ import annotations

from backend_server.reconcile.ports import ReconcileRecords
from backend_server.storage.engine.store import Transactions
from backend_server.storage.key_values import KeyValues
from backend_server.storage.tables.device_list import DeviceList
from backend_server.storage.tables.document_record import DocumentRecord
from backend_server.storage.tables.purge import Purge
from backend_server.storage.tables.static_documents import StaticBodies
from backend_server.storage.tables.templates import TemplateTable
from backend_server.storage.tables.titles import Titles


def reconcile_records(store: Transactions, *, share_default: str = "true") -> ReconcileRecords:
    """Return the records of a store; of a `LedStore`, as the worker that leads writes them."""
    devices = DeviceList(store, share_default=share_default)
    return ReconcileRecords(
        documents=DocumentRecord(store, devices),
        titles=Titles(store),
        values=KeyValues(store),
        devices=devices,
        static_documents=StaticBodies(store),
        purge=Purge(store),
        templates=TemplateTable(store),
    )
