"""The store's own row, and named values."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Table, Text

from .metadata import metadata

# One row, id 1. `epoch` names this database: a new or restored one has another, and clients then send everything again.
store = Table(
    "store",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("epoch", String(32), nullable=False),
    Column("change", BigInteger, nullable=False),
    Column("links_on", Boolean, nullable=False),
    # The change number since which a memory must forget everything (a purge removed rows it cannot see).
    Column("forget_change", BigInteger, nullable=False),
    # The last write that named its topics, and the last that touched each; see `engine/topics.py`.
    Column("topics_change", BigInteger, nullable=False, server_default="0"),
    Column("devices_change", BigInteger, nullable=False, server_default="0"),
    Column("links_change", BigInteger, nullable=False, server_default="0"),
    Column("accounts_change", BigInteger, nullable=False, server_default="0"),
    Column("templates_change", BigInteger, nullable=False, server_default="0"),
)

# Named values that must outlive a restart: generated secrets, key check values, pass and breaker state.
key_values = Table(
    "kept", metadata, Column("name", String(64), primary_key=True), Column("value", Text, nullable=False)
)
