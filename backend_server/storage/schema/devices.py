"""Devices as they were sent, and what operators set."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, String, Table

from .metadata import metadata

devices = Table(
    "devices",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("sent", JSON, nullable=False),  # what the hook's caller sent
    Column("set_by_operator", JSON, nullable=False),  # what a person set; wins over `sent`
    Column("retired_at", BigInteger),
    Column("retired_by", String(128)),
    Column("last_seen_at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("change", BigInteger, nullable=False, index=True),
)
