"""Leases: who leads."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, String, Table

from .metadata import metadata

# Who leads, with a fencing number and the database's clock.
leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("fencing", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
