"""Templates: the last good sources."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, String, Table, Text

from .metadata import metadata

# The last good source of each template, so that a broken file never takes a dashboard away, not even over a restart.
templates = Table(
    "templates",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("hash", String(64), nullable=False),
    Column("source", Text, nullable=False),
    Column("error", Text),
    Column("updated_at", BigInteger, nullable=False),
)
