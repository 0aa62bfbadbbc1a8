"""Publications: what is public in Grafana."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table

from .metadata import metadata

# Our record that a document is public in Grafana; both ids are ours and stored before the first call.
publications = Table(
    "publications",
    metadata,
    Column("document_uid", String(40), ForeignKey("documents.uid", ondelete="CASCADE"), primary_key=True),
    Column("public_uid", String(40), nullable=False, unique=True),
    Column("access_token", String(32), nullable=False, unique=True),
    Column("state", String(12), nullable=False),  # links.publication.PublicationState
    Column("updated_at", BigInteger, nullable=False),
    # When a visitor last asked for it in vain: those come first when Grafana has lost them all.
    Column("asked_at", BigInteger, nullable=False, server_default="0"),
)
