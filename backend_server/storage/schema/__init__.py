"""The tables, for both databases. Alembic's migrations in `migrations/versions/` make exactly these; a test compares.

Times are epoch milliseconds (BigInteger): equal on both databases, and cheap to compare. `change` is the store's change
number at the row's last write, so that a memory can ask for what is newer than it knows.
"""

from __future__ import annotations

from .accounts import api_tokens, users
from .audit import audit
from .devices import devices
from .documents import documents, provided_documents
from .leases import leases
from .links import link_views, links, old_link_tokens
from .metadata import metadata
from .publications import publications
from .store import key_values, store
from .templates import templates

__all__ = [
    "api_tokens",
    "audit",
    "devices",
    "documents",
    "key_values",
    "leases",
    "link_views",
    "links",
    "metadata",
    "old_link_tokens",
    "provided_documents",
    "publications",
    "store",
    "templates",
    "users",
]
