"""Dashboard documents: what we want of each, and how far each effect was proven."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text, UniqueConstraint

from .metadata import metadata

# A dashboard document: what we want of it and how far each effect was proven.
documents = Table(
    "documents",
    metadata,
    Column("uid", String(40), primary_key=True),
    Column("maker", String(8), nullable=False),
    Column("slot", String(32), nullable=False),
    Column("object_id", String(64), nullable=False),
    Column("title", String(300), nullable=False),
    Column("file", String(200), nullable=False),  # relative to DASHBOARDS_DIR; never changes for a uid
    Column("wanted", String(8), nullable=False),  # documents.status.Wanted
    Column("state", String(12), nullable=False),  # documents.status.DocumentState
    Column("reason", Text),
    Column("template", String(128)),
    Column("input_hash", String(64)),  # template + device it was filled from
    Column("refresh", String(16)),  # its own: a duration or "off"; None = not known yet
    Column("written_hash", String(64)),  # content hash of the bytes on disk
    Column("loaded_hash", String(64)),  # content hash proven in Grafana
    Column("attempts", Integer, nullable=False),
    Column("retry_at", BigInteger, nullable=False),
    Column("dirty", Boolean, nullable=False, index=True),  # work is left to do
    Column("updated_at", BigInteger, nullable=False),
    Column("change", BigInteger, nullable=False, index=True),
    UniqueConstraint("maker", "slot", "object_id"),
    Index(None, "object_id"),
)

# A document that no template fills: its bytes as whoever provided them made them, stamped and checked.
provided_documents = Table(
    "provided_documents",
    metadata,
    Column("uid", String(40), primary_key=True),
    Column("maker", String(8), nullable=False),
    Column("slot", String(32), nullable=False),
    Column("object_id", String(64), nullable=False),
    Column("title", String(300), nullable=False),
    Column("version", String(64), nullable=False),  # what it was made of: a spec's hash, a pack's version
    Column("content", String(64), nullable=False),  # the hash its stamp carries
    Column("body", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("change", BigInteger, nullable=False),
    UniqueConstraint("maker", "slot", "object_id"),
)
